# Gives Ruby 3.1 and later the two things that mcollective 2.12 takes for granted.
require 'yaml'

module PositionalSafeLoad
  def safe_load(text, classes = nil, symbols = nil, aliases = nil, **named)
    named[:permitted_classes] = classes unless classes.nil?
    named[:permitted_symbols] = symbols unless symbols.nil?
    named[:aliases] = aliases unless aliases.nil?
    super(text, **named)
  end
end
YAML.singleton_class.prepend(PositionalSafeLoad)
