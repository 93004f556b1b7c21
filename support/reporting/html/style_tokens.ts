/** The colours that all pages share, on light screens and on dark ones. */
export const TOKENS = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --muted: #57606a; --line: #d8dee4; --soft: #f3f5f7;
  --good: #1a7f4b; --bad: #c62828; --warn: #8f5a00; --careful: #fff3cd; --silent: #1c1c1c; --accent: #2f6fb3; --not: #cfd4da; --not-ink: #555 }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e6e9ed; --muted: #9aa4af; --line: #343b44;
  --soft: #1f242a; --good: #4cc38a; --bad: #ff7b72; --warn: #e3b341; --careful: #3d3212; --silent: #e6e9ed; --accent: #6cb0f2; --not: #3a424c;
  --not-ink: #b7c0ca } }
`

/** The colours on paper, within `@media print`: also a dark screen prints black on white. */
export const PAPER_TOKENS = `:root { color-scheme: light; font-size: 11px; --paper: #fff; --ink: #000; --muted: #444; --line: #bbb; --soft: #f3f3f3;
  --good: #1a6b41; --bad: #b00020; --warn: #704600; --careful: #fff3cd }`
