// Loaded into KaTeX's server: when the build ends, however it ends, its end of this
// pipe closes, and the server goes too. A server that stayed would keep the pipes of
// the build's caller open, who would wait for ever.
process.stdin.on("end", () => process.exit()).resume();
