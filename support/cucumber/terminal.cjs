// cucumber imports plugins and formatters by file; this lets the same name stand for TypeScript and for what is compiled.
module.exports = require('./formatters').terminal
