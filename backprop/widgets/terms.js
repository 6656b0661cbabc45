// The terms figure of chapter 6: which numbers of a linear layer enter which, and why.

import { button, drawing, factor, format, html, live, math, svg, text, tie,
  toggle } from "./figure.js";

// The letters that count the rows and columns of each array: i examples, j inputs, k units.
const LETTERS = { X: "ij", W: "jk", b: "-k", Z: "ik", dX: "ij", dW: "jk", db: "-k", dZ: "ik" };
const COUNTS = { i: "example", j: "input", k: "unit" };
// The letter that each sum runs over, its factors, and which of them `@` needs turned.
const SUMS = {
  Z: { over: "j", factors: ["X", "W"], plus: "b", code: "X @ W + b" },
  dW: { over: "i", factors: ["X", "dZ"], turned: "X", code: "X.T @ dZ" },
  dX: { over: "k", factors: ["dZ", "W"], turned: "W", code: "dZ @ W.T" },
  db: { over: "i", factors: ["dZ"], code: "dZ.sum(axis=0)" },
};
const range = (n) => Array.from({ length: n }, (_, i) => i);
const sizes = ({ X, W, b }) => ({ i: X.length, j: W.length, k: b.length });
const shape = (array, size) => [...LETTERS[array]].map((letter) => size[letter] ?? 1);
/** The cell of an array, as [array, row, column], where the letters stand for these numbers. */
const cell = (array, at) => [array, ...[...LETTERS[array]].map((letter) => at[letter] ?? 0)];
const letters = ([array, ...indices]) =>
  Object.fromEntries([...LETTERS[array]].map((letter, n) => [letter, indices[n]]));

/** The terms of the sum that makes a cell: each a list of the cells that are multiplied. */
export function terms(size, to) {
  const { over, factors, plus } = SUMS[to[0]], at = letters(to);
  return range(size[over]).map((n) => factors.map((array) => cell(array, { ...at, [over]: n })))
    .concat(plus ? [[cell(plus, at)]] : []);
}
/** The cells that a given number reaches in one step: X, W, b forward, and dZ backward. */
export function reached(size, from) {
  const at = letters(from);
  return (from[0] === "dZ" ? ["dX", "dW", "db"] : ["Z"]).flatMap((array) => {
    const open = Object.keys(size).find((l) => LETTERS[array].includes(l) && !(l in at));
    return range(size[open] ?? 1).map((n) => cell(array, { ...at, [open]: n }));
  });
}
/** The cells that light up with a cell: what enters it; of a given number, where it goes. */
export function lights(size, here) {
  const [array, ...at] = here;
  if (SUMS[array]) return terms(size, here).flat();
  const ways = reached(size, here);
  return array === "dZ" ? [...ways, ...range(size.j).flatMap((j) =>
    ["X", "W"].map((factor) => cell(factor, { ...letters(here), j })))]
    : [...ways, ["d" + array, ...at], ...terms(size, ["d" + array, ...at]).flat()];
}
/** All eight arrays, as lists of rows. */
export function compute({ X, W, b, dZ }) {
  const size = sizes({ X, W, b }), all = { X, W, b: [b], dZ };
  for (const array of Object.keys(SUMS)) {
    const [rows, columns] = shape(array, size);
    all[array] = range(rows).map((r) => range(columns).map((c) =>
      terms(size, [array, r, c]).reduce((sum, cells) =>
        sum + cells.reduce((product, [a, r, c]) => product * all[a][r][c], 1), 0)));
  }
  return all;
}

const name = ([array, ...at]) => array + at.slice(LETTERS[array][0] === "-" ? 1 : 0)
  .map((n) => "₁₂₃₄"[n]).join("");
const list = (items) => (items.length < 2 ? items.join("")
  : items.slice(0, -1).join(", ") + " and " + items.at(-1));
/** The row or column of an array along which a letter runs. */
function along(array, over, at) {
  const [rows, columns] = LETTERS[array];
  return over === rows ? `column ${at[columns] + 1} of ${array}` : `row ${at[rows] + 1} of ${array}`;
}
/** The sum that is shown with a cell: its own, or that of its slope; of dZ, one it enters. */
const sumOf = ([array, r, c]) => (SUMS[array] ? [array, r, c]
  : array === "dZ" ? ["dW", 0, c] : ["d" + array, r, c]);

/** What there is to say about a cell: a sentence, and its sum with the numbers. */
function tell(all, size, here) {
  const [array, ...place] = here, at = letters(here), to = sumOf(here), sum = terms(size, to);
  const { over, factors } = SUMS[to[0]], value = ([a, r, c]) => all[a][r][c];
  const numbers = [
    `${name(to)} = ${sum.map((cells) => cells.map(name).join("\u00a0")).join(" + ")}`,
    `= ${sum.map((cells) => cells.map((c) => factor(value(c))).join("·")).join(" + ")}`,
    `= ${format(value(to))}.`];
  if (array === "dZ")
    return [`${name(here)} goes back to all that made ${name(["Z", ...place])}: to ${
      along("dX", "j", at)}, each time with a weight in ${along("W", "j", at)}; to ${
      along("dW", "j", at)}, with an input in ${along("X", "j", at)}; and as it is to ${
      name(cell("db", at))}.`, []];
  if (!SUMS[array])
    return [`${name(here)} is used in ${list(reached(size, here).map(name))}. A nudge takes all `
      + "these ways, so the slopes add up:", numbers];
  const lines = factors.map((f) => along(f, over, at)).join(" meets ");
  return [array === "Z"
    ? `Unit ${at.k + 1} reads example ${at.i + 1}: ${lines}, and ${name(cell("b", at))} is added.`
    : `${name([array.slice(1), ...place])} is used once for each ${COUNTS[over]}, so its slope is `
      + `a sum over the ${COUNTS[over]}s: ${lines}.`, numbers];
}

const [HIGH, SIGN, WIDTH] = [24, 16, 360];
/** The same sum as a product of matrices, of which one is turned where need be. */
function drawProduct(size) {
  const board = svg("g", {});
  const { node, describe } = drawing("product", [WIDTH, 5 * HIGH], "The sum as a matrix product", board);
  return { node, update(all, to, lit, here) {
    const { factors, turned, plus } = SUMS[to[0]];
    const left = factors.length > 1 ? factors : ["1", ...factors]; // a row of ones adds up
    const parts = [...left.flatMap((p, n) => (n ? ["·", p] : [p])), ...(plus ? ["+", plus] : []),
      "=", to[0]];
    const measure = (p) => (p === "1" ? [1, size.i] : p === turned ? shape(p, size).reverse()
      : shape(p, size));
    const signs = parts.filter((p) => !/\w/.test(p)).length * SIGN;
    const columns = parts.reduce((sum, p) => sum + (/\w/.test(p) ? measure(p)[1] : 0), 0);
    const wide = Math.min(36, (WIDTH - signs) / columns);
    let x = (WIDTH - signs - columns * wide) / 2;
    board.replaceChildren(...parts.flatMap((p) => {
      if (!/\w/.test(p)) return [text((x += SIGN) - SIGN / 2, 3 * HIGH + 4, "middle", p)];
      const [rows, columns] = measure(p), from = x, top = (3 - rows / 2) * HIGH;
      x += columns * wide;
      const label = text((from + x) / 2, top - 5, "middle", math(p), p === turned ? "ᵀ" : "");
      return [...(p === "1" ? [] : [label]),
        ...range(rows).flatMap((r) => range(columns).map((c) => {
          const [own, other] = p === turned ? [c, r] : [r, c], key = [p, own, other].join();
          const mark = key === here ? " chosen" : lit.has(key) || p === "1" ? " lit" : "";
          return svg("g", { class: (p[0] === "d" ? "entry back" : "entry") + mark },
            svg("rect", { x: from + c * wide + 1, y: top + r * HIGH + 1, width: wide - 2,
              height: HIGH - 2, rx: 3 }),
            text(from + (c + 0.5) * wide, top + r * HIGH + 16, "middle",
              p === "1" ? p : format(all[p][own][other])));
        }))];
    }));
    describe(`${to[0]} = ${left.map((p) => (p === "1" ? "a row of ones"
      : p === turned ? p + " transposed" : p)).join(" times ")}${
      plus ? " plus " + plus : ""}. Lit: ${[...lit].map((key) => {
      const [array, r, c] = key.split(",");
      return name([array, +r, +c]);
    }).join(", ")}.`);
  } };
}

function render({ model, el }) {
  const size = sizes(model.get("start")), cells = {}, product = drawProduct(size);
  /** An array as a grid, in which the arrow keys move. */
  function grid(array) {
    const [rows, columns] = shape(array, size);
    const table = html("div", { class: array[0] === "d" ? "grid back" : "grid", role: "grid",
      "aria-label": array, "data-lm-suppress-shortcuts": "true" },
    ...range(rows).map((r) => html("div", { class: "line", role: "row" },
      ...range(columns).map((c) => {
        const node = html("div", { class: "cell", role: "gridcell" }), here = [array, r, c];
        node.addEventListener("focus", () => set({ array, row: r + 1, column: c + 1 }));
        node.addEventListener("pointerenter", (event) => {
          if (event.pointerType === "mouse") look(here);
        });
        node.addEventListener("keydown", (event) => {
          const to = { ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1],
            ArrowRight: [r, c + 1], Home: [r, 0], End: [r, columns - 1] }[event.key];
          if (!to) return;
          event.preventDefault();
          cells[[array, ...to]]?.focus();
        });
        cells[here] = node;
        return node;
      }))));
    table.addEventListener("pointerleave", () => look(null));
    return html("div", { class: "array" },
      html("div", { class: "name", "aria-hidden": "true" }, array), table);
  }
  const sign = (s) => html("div", { class: "sign", "aria-hidden": "true" }, s);
  const map = html("div", { class: "map" }, ...Object.keys(LETTERS).flatMap((array, n) =>
    [...(n % 4 ? [sign("·+="[n - 1] ?? "")] : []), grid(array)]));
  const law = html("span", {}), code = html("code", {});
  const said = html("span", {}), sum = html("span", { class: "sum" });
  let preview = null;
  const figure = live({ model, el }, {
    kind: "terms", label: "the terms of each sum in a linear layer",
    names: ["X", "W", "b", "dZ", "array", "row", "column"],
    draw() {},
    update(state, message) {
      preview = null;
      paint(state, message);
    },
  });
  const { root, story, set, state, hush } = figure;
  /** Show what belongs to the cell under the mouse, without choosing it. */
  function look(here) {
    if (!here && !preview) return;
    preview = here;
    hush(!!here);
    paint(state());
  }
  /** The chosen cell. */
  function chosen({ array, row, column }) {
    const [rows, columns] = shape(array, size);
    return [array, Math.min(row, rows) - 1, Math.min(column, columns) - 1];
  }
  function paint(state, message) {
    const all = compute(state), fixed = chosen(state), here = preview ?? fixed;
    const lit = new Set(lights(size, here).map(String)), to = sumOf(here), own = SUMS[to[0]];
    for (const [key, node] of Object.entries(cells)) {
      const [array, r, c] = key.split(","), value = format(all[array][r][c]);
      if (node.textContent !== value) node.textContent = value;
      node.tabIndex = key === String(fixed[0] === array ? fixed : [array, 0, 0]) ? 0 : -1;
      node.setAttribute("aria-label", `${name([array, +r, +c])} = ${value}`);
      node.setAttribute("aria-selected", key === String(here));
      toggle(node, "lit", lit.has(key));
    }
    const indexed = (array) => [array, html("sub", {}, LETTERS[array].replace("-", "")), " "];
    law.replaceChildren(...indexed(to[0]), "= Σ", html("sub", {}, own.over), " ",
      ...own.factors.flatMap(indexed), ...(own.plus ? ["+ ", ...indexed(own.plus)] : []));
    code.textContent = own.code;
    const [words, numbers] = tell(all, size, here);
    said.textContent = tie(message || words);
    sum.replaceChildren(...numbers.map((line) => html("span", {}, tie(line), " ")));
    product.update(all, to, lit, String(here));
    for (const node of [less, more]) node.setAttribute("aria-disabled", !!SUMS[fixed[0]]);
  }
  /** Change the chosen number, and say what that does. */
  function change(by) {
    const before = state(), here = chosen(before), [array, r, c] = here, old = compute(before);
    if (SUMS[array]) return;
    const given = structuredClone(before[array]);
    if (array === "b") given[c] += by;
    else given[r][c] += by;
    set({ [array]: given }, (after) => {
      const all = compute(after), change = ([a, r, c]) => all[a][r][c] - old[a][r][c];
      const moved = reached(size, here).filter(change);
      return `${name(here)} is now ${format(all[array][r][c])}. `
        + (moved.length ? "With it moves " : "Nothing else moves")
        + list([...moved.map((m) => `${name(m)} by ${format(change(m))}`),
          ...(moved.length && array !== "dZ"
            ? [`the loss by ${format(by * old["d" + array][r][c])}`] : [])]) + ".";
    });
  }
  const less = button("1 less", () => change(-1)), more = button("1 more", () => change(1));
  map.style.gridTemplateColumns = ["X", "W", "b", "Z"].map((array) =>
    `minmax(0, ${shape(array, size)[1]}fr)`).join(" 13px ");
  story.append(said, sum);
  root.append(map, html("div", { class: "side" }, story,
    html("p", { class: "law" }, law, code), product.node),
  html("div", { class: "buttons" }, less, more, button("Reset", () => set(model.get("start")))));
  return figure.start();
}

export default { render };
