// Two small things that a style sheet cannot do.

// Opened as a file, a page may not fetch the others, so the search shows titles only.
if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// What scrolls inside itself must be reachable by keyboard, and only then. (The theme
// sees to code and tables.)
function updateTabStops() {
  for (const box of document.querySelectorAll(".equation-body, .katex-display > .katex")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", updateTabStops);
addEventListener("resize", updateTabStops);
