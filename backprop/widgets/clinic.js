// The clinic figure of chapter 9: bugs in a backward pass, and the entries that they spoil.

import { button, choice, drawing, format, html, line, live, path, place, scale, short, slider,
  svg, text, tie, toggle } from "./figure.js";

export const BUGS = {
  sign: "target minus answer", "extra-slope": "P(1 − P) once more",
  "own-output": "relu′ asked with >=", stale: "W2 steps too early",
  "no-mean": "1/N forgotten", "mean-twice": "1/N twice", "not-transposed": "reshape for .T",
  "no-sum": "b hears the first row only", elementwise: "softmax one by one",
  dropout: "doubled forward only", broadcast: "each answer, every target",
  essay: "slope after the product", plus: "the step adds",
};
const SIZES = ["5-2-4-3", "3-3-3-3"], SEEDS = [72, 60], WEIGHTS = ["random", "W2 = 0"];
const BLOCKS = ["W1", "b1", "W2", "b2"], STEPS = 200, H = 1e-5, TOLERANCE = 1e-6, GONE = 1e6;

// Matrices; a bias is one with a single row.
const times = (A, B) => A.map((row) => B[0].map((_, j) => {
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += row[k] * B[k][j];
  return sum;
}));
const flip = (A) => A[0].map((_, j) => A.map((row) => row[j]));
const each = (f, A, B = A, C = A) => A.map((row, i) => { // of B and C, a single row serves all
  const b = B[B.length > 1 ? i : 0], c = C[C.length > 1 ? i : 0];
  return row.map((v, j) => f(v, b[j], c[j]));
});
const sums = (A) => [A.reduce((sum, row) => sum.map((v, j) => v + row[j]))];
const fill = (rows, columns, f) =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, f));
const size = (A) => Math.hypot(...A.flat());

/** Random numbers from 0 to 1, the same in every browser: the generator mulberry32. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const mask = (next) => () => (next() < 0.5 ? 0 : 2);

/** The network and its batch: theta is W1, b1, W2, b2, and M the dropout mask. */
export function setting({ bugs, sizes, weights }) {
  const [N, D, J, C] = sizes.split("-").map(Number);
  const next = random(SEEDS[SIZES.indexOf(sizes)]);
  const draw = (rows, columns) => fill(rows, columns, () => Math.round(next() * 300 - 150) / 100);
  const X = draw(N, D), theta = [draw(D, J), draw(1, J), draw(J, C), draw(1, C)];
  const Y = X.map((_, i) => Array.from({ length: C }, (_, j) => +(j === i % C)));
  if (weights !== "random") theta[2] = fill(J, C, () => 0);
  return { X, Y, theta, M: fill(N, J, bugs.includes("dropout") ? mask(next) : () => 1) };
}

function forward([W1, b1, W2, b2], { X, Y, M }) {
  const A1 = each((z, b, m) => Math.max(z + b, 0) * m, times(X, W1), b1, M);
  const logs = each((s, b) => s + b, times(A1, W2), b2).map((row) => {
    const top = Math.max(...row), total = row.reduce((sum, s) => sum + Math.exp(s - top), 0);
    return row.map((s) => s - top - Math.log(total));
  });
  const loss = -each((y, log) => y && y * log, Y, logs).flat().reduce((a, b) => a + b) / X.length;
  return { A1, P: each(Math.exp, logs), loss };
}

/** theta after one step with these bugs; nothing where NumPy would stop with an error. */
export function step(theta, net, bugs, lr) {
  const [W1, b1, W2, b2] = theta, { X, M } = net, { A1, P } = forward(theta, net);
  const on = (bug) => bugs.includes(bug), N = X.length;
  if (on("essay") && N !== X[0].length) return null;
  const Y = on("broadcast") ? each((v) => v / N, sums(net.Y)) : net.Y;
  const share = (on("sign") ? -1 : 1) / N ** (1 - on("no-mean") + on("mean-twice"));
  const dS = each((p, y) => share * (on("elementwise") ? -y * (1 - p) : p - y)
    * (on("extra-slope") ? p * (1 - p) : 1), P, Y);
  const add = (d) => (on("no-sum") ? [d[0]] : sums(d));
  const move = (V, dV) => each((v, d) => v - (on("plus") ? -lr : lr) * d, V, dV);
  const after = move(W2, times(flip(A1), dS)), used = on("stale") ? after : W2;
  const numbers = used.flat();
  const dA1 = times(dS, on("not-transposed")
    ? flip(used).map((row) => row.map(() => numbers.shift())) : flip(used));
  const dZ1 = each((d, m, a) => d * (on("dropout") ? m > 0 : m)
    * (on("own-output") ? a >= 0 : a > 0), dA1, M, A1);
  const dW1 = on("essay") ? each((d, a) => d * (a > 0), times(flip(X), dA1), A1)
    : times(flip(X), dZ1);
  return [move(W1, dW1), move(b1, add(dZ1)), after, move(b2, add(dS))];
}

/**
 * For each block: what the step took for the gradient, central differences of the loss, and
 * the relative error of each entry, as check_gradient has it, and of the block as a whole.
 */
export function compute(state) {
  const net = setting(state), { theta } = net, after = step(theta, net, state.bugs, state.lr);
  if (!after) return { theta, blocks: null };
  const floor = (5 * 2 ** -52 * Math.max(1, forward(theta, net).loss)) / H / TOLERANCE;
  const blocks = theta.map((block, k) => {
    const lossAt = (i, j, v) => forward(theta.with(k, block.with(i, block[i].with(j, v))), net).loss;
    const measured = block.map((row, i) => row.map((v, j) =>
      (lossAt(i, j, v + H) - lossAt(i, j, v - H)) / (v + H - (v - H))));
    const claimed = each((before, v) => (before - v) / state.lr, block, after[k]);
    const error = each((g, m) => Math.abs(g - m) / Math.max(Math.abs(g), Math.abs(m), floor),
      claimed, measured);
    return { claimed, measured, error, fails: Math.max(...error.flat()) >= TOLERANCE,
      whole: size(each((g, m) => g - m, claimed, measured))
        / (Math.max(size(claimed), size(measured)) || 1) };
  });
  const ratios = blocks.filter((block) => block.fails).flatMap(({ claimed, measured }) =>
    each((g, m) => (Math.abs(m) > floor ? g / m : g && NaN), claimed, measured).flat())
    .filter((ratio) => ratio !== 0); // of an entry that does not count, on both sides
  const same = ratios.length && ratios.every((r) => Math.abs(r - ratios[0]) < 1e-4);
  return { theta, blocks, factor: same ? +ratios[0].toFixed(4) : null };
}

/** The loss before each of 200 steps, without dropout, which draws a new mask for each. */
export function train(state, bugs) {
  const net = setting(state), still = { ...net, M: each(() => 1, net.M) }, losses = [];
  const next = mask(random(7));
  for (let theta = net.theta; theta; ) {
    const { loss } = forward(theta, still);
    losses.push(loss < GONE ? loss : GONE);
    if (losses.length > STEPS || !(loss < GONE)) break; // not a number is gone too
    theta = step(theta, state.bugs.includes("dropout") ? { ...net, M: each(next, net.M) } : still,
      bugs, state.lr);
  }
  return losses;
}

/** The way back as it is written with these bugs. */
export function listing(bugs) {
  const on = (bug) => bugs.includes(bug), Y = on("broadcast") ? "Y.mean(axis=0)" : "Y";
  const add = (name) => name + (on("no-sum") ? "[0]" : ".sum(axis=0)");
  const miss = on("elementwise") ? `${on("sign") ? "" : "-"}${Y} * (1 - P)`
    : on("sign") ? `(${Y} - P)` : `(P - ${Y})`;
  const move = (name) => `${name} = ${name} ${on("plus") ? "+" : "-"} lr * d${name}`;
  return [
    `dS = ${miss}${" / N".repeat(1 - on("no-mean") + on("mean-twice"))}`
      + (on("extra-slope") ? " * P * (1 - P)" : ""),
    "dW2 = A1.T @ dS", `db2 = ${add("dS")}`, ...(on("stale") ? [move("W2") + "  # too early"] : []),
    `dA1 = dS @ ${on("not-transposed") ? "W2.reshape(C, H)" : "W2.T"}`,
    `dZ1 = dA1 * ${on("dropout") ? "(M > 0)" : "M"} * (A1 ${on("own-output") ? ">=" : ">"} 0)`,
    `dW1 = X.T @ ${on("essay") ? "dA1 * (A1 > 0)" : "dZ1"}`, `db1 = ${add("dZ1")}`,
    ...(on("stale") ? [] : [move("W2")]), move("W1") + "  # b1, b2 alike",
  ];
}

const power = (v) => short(10 ** Math.round(Math.log10(v)));
/** An error in a cell: two decimals where they say something, else its power of ten. */
const brief = (error) => (error === 0 ? "0" : error < 0.01 ? power(error) : error.toFixed(2));
const show = (v) => (Math.abs(v) < 1e-9 ? "0" : format(+v.toPrecision(3)));

/** The loss against the steps: healthy, and with the bugs where `losses` is given. */
function drawCurve([width, height]) {
  const X = scale(0, STEPS, 24, width - 8), Y = scale(0, 2.5, height - 24, 8);
  const healthy = path("healthy"), sick = path("sick");
  const name = text(width - 8, 38, "end with", "— with the bugs");
  const { node, describe } = drawing("losses", [width, height], "The loss over 200 steps",
    path("axis", `M24 8V${height - 24}H${width - 8}`),
    ...[0, 1, 2].map((v) => text(18, Y(v) + 4, "end tick", v)),
    text(X(0), height - 6, "middle tick", 0), text(X(STEPS), height - 6, "end tick", STEPS + " steps"),
    text(30, 16, "tick", "loss"), text(width - 8, 20, "end without", "- - healthy"), name, healthy, sick);
  const curve = (losses) => {
    const out = losses.findIndex((loss) => loss > 2.5);
    return line(losses.slice(0, out < 0 ? losses.length : out + 1)
      .map((loss, i) => [X(i), Y(Math.min(loss, 2.5))]));
  };
  return { node, describe, update(right, wrong) {
    place(healthy, { d: curve(right) });
    place(sick, { d: wrong ? curve(wrong) : "" });
    toggle(name, "off", !wrong);
  } };
}

// Where each set of wrong blocks sends one to look.
const POINTS = {
  "W1 b1 W2 b2": "the bug is where the way back begins, in dS, and all have inherited it.",
  "W2 b2": "the bug is where the way back begins, in dS.",
  "W1 b1": "the bug sits between them, in the hidden slopes, dA1 or dZ1.",
  W1: "dZ1 is right, or b1 would not be, so the bug is in the product that makes dW1.",
  "b1 b2": "dS and dZ1 are right, or the weights would not be, so the bug is in the sums over the batch.",
  b2: "the bug is in the sum over the batch.",
  W2: "the rows of dS have the right sum, and each is wrong: they have been mixed up.",
};
POINTS["W1 b1 W2"] = POINTS.W2 + " (Measured against its own loss, this one passes.)";

/** Which blocks are wrong, and what that points to. */
function narrate({ bugs, sizes, weights }, { blocks, factor }) {
  const [N, D, J] = sizes.split("-"), some = bugs.length > 1;
  if (!blocks)
    return `X.T @ dA1 has the shape (${D}, ${J}) and A1 > 0 the shape (${N}, ${J}): NumPy stops with `
      + `an error, and the bug is found. At ${SIZES[1]} they fit, and nothing warns you.`;
  const wrong = BLOCKS.filter((_, k) => blocks[k].fails);
  const blind = weights === WEIGHTS[1] && !wrong.includes("W1");
  const clean = BLOCKS.filter((name) => !wrong.includes(name) && !(blind && /1/.test(name)));
  const are = (names) => `${names.join(", ").replace(/, (?!.*,)/, " and ")} ${names[1] ? "are" : "is"} `;
  return (!bugs.length ? "No bug: every entry agrees with its central difference to about nine digits. "
      + "The rest is rounding; health is not 0."
    : !wrong.length ? `Every entry passes, with ${some ? bugs.length + " bugs" : "a bug"} on.`
      + (blind || !some ? "" : " They undo each other.")
    : (wrong.length === 4 ? "All four blocks are " : (clean[0] ? are(clean) + "clean, " : "") + are(wrong))
      + `wrong${factor === null ? "" : `, by the same factor ${format(factor)}`}: `
      + (factor !== null && !clean.length
        ? "the bug is where all of them pass, in dS or in the step itself."
        : POINTS[wrong.join(" ")] ?? "no single line explains that. Look for a second bug."))
    + (blind ? " W1 and b1 pass, and are not cleared: nothing comes back through W2 = 0, so 0 is "
      + "compared with 0." : "");
}

/** What a curve would have told. */
function judge(bugs, right, wrong) {
  if (!bugs.length) return "No bug is on, and the two curves are one.";
  const [from, to, end] = [right[0].toFixed(2), right.at(-1), wrong.at(-1)];
  if (wrong.length < 2) return "Not one step is taken: NumPy stops with an error.";
  return `In ${STEPS} steps the healthy loss goes from ${from} to ${to.toFixed(3)}, with the bugs `
    + (end > 1e3 ? "out of sight. " : `to ${end.toFixed(3)}. `)
    + (end > from ? "Nobody could miss that."
      : end < 1.5 * to + 0.01 ? "From the curve, nobody would know." : "It learns, but not as well.");
}

function render({ model, el }) {
  let curve, cells, shape, last, known, right;
  const keys = { "data-lm-suppress-shortcuts": "true" };
  const boxes = Object.entries(BUGS).map(([bug, about]) => {
    const input = html("input", { type: "checkbox", value: bug, ...keys });
    input.addEventListener("change", () => set({
      bugs: Object.keys(BUGS).filter((name) => (name === bug ? input.checked
        : state().bugs.includes(name))) }));
    return { input, node: html("label", {}, input, html("b", {}, bug),
      html("span", { class: "about" }, about)) };
  });
  const map = html("div", { class: "map" }), detail = html("p", { class: "detail" });
  const code = html("div", { class: "code" }), plot = html("div", {}), verdict = html("p", { class: "verdict", role: "status" });

  /** The cells of all blocks; one of them can be tabbed to, and arrow keys lead on. */
  function build({ blocks, theta }) {
    cells = [];
    const tables = theta.map((block, k) => {
      const status = html("span", {}), name = BLOCKS[k], shape = [block.length, block[0].length];
      const body = block.map((row, i) => html("tr", {}, ...row.map((_, j) => {
        const node = html("button", { type: "button", class: "cell", tabindex: -1, ...keys });
        const cell = { node, k, i, j, status, at: `${name}[${k % 2 ? j : `${i}, ${j}`}]` };
        for (const event of ["pointerenter", "click", "focus"])
          node.addEventListener(event, () => tell(cell));
        cells.push(cell);
        return html("td", {}, node);
      })));
      return html("table", {}, html("caption", {}, html("b", {}, name),
        ` (${k % 2 ? shape[1] + "," : shape.join(", ")}) `, status), html("tbody", {}, ...body));
    });
    map.replaceChildren(html("div", {}, ...tables.slice(0, 2)), html("div", {}, ...tables.slice(2)));
    last = cells[0];
    last.node.tabIndex = 0;
  }
  function tell(cell) {
    last.node.tabIndex = -1;
    last = cell;
    cell.node.tabIndex = 0;
    detail.textContent = cell.node.getAttribute("aria-label");
  }
  map.addEventListener("keydown", (event) => {
    const row = last.node.closest("tr").children.length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row }[event.key];
    if (!by) return;
    event.preventDefault();
    cells[cells.indexOf(last) + by]?.node.focus();
  });

  const figure = live({ model, el }, {
    kind: "clinic", label: "bugs in a backward pass and the entries they spoil",
    names: ["bugs", "sizes", "weights", "lr", "trained"],
    draw() {
      curve = drawCurve([360, 190]);
      plot.replaceChildren(curve.node);
    },
    update(state) {
      const { bugs, sizes, weights, lr, trained } = state, n = compute(state);
      if (shape !== sizes) build(n);
      shape = sizes;
      for (const { node, k, i, j, at, status } of cells) {
        const block = n.blocks?.[k], error = block?.error[i][j] ?? 0;
        status.textContent = !block ? "" : block.fails ? `error ${block.whole.toFixed(2)}`
          : block.whole ? "clean" : "0 = 0";
        node.textContent = block ? brief(error) : "–";
        node.style.setProperty("--bp-at",
          `${error && Math.round(10 * Math.max(0, Math.min(10, Math.log10(error) + 10)))}%`);
        toggle(node, "fails", error >= TOLERANCE);
        node.setAttribute("aria-label", block ? `${at}: the step took ${show(block.claimed[i][j])}, `
          + `measured ${show(block.measured[i][j])}. Relative error ${brief(error)}`
          + (error >= TOLERANCE ? ", fails." : ".") : `${at}: no gradient.`);
      }
      detail.textContent = last.node.getAttribute("aria-label");
      for (const { input } of boxes) input.checked = bugs.includes(input.value);
      const healthy = listing([]);
      code.replaceChildren(...listing(bugs).map((text) =>
        html("span", { class: healthy.includes(text) ? "" : "wrong" }, text)));
      const key = [sizes, weights, lr, bugs.includes("dropout")].join(); // all that health depends on
      if (known !== key) right = train(state, []);
      known = key;
      const wrong = trained && train(state, bugs);
      curve.update(right, wrong);
      verdict.textContent = wrong ? judge(bugs, right, wrong) : "";
      curve.describe(verdict.textContent || "The healthy loss goes from "
        + `${right[0].toFixed(2)} to ${right.at(-1).toFixed(3)}.`);
      run.textContent = trained ? "Take the curve away" : `Train ${STEPS} steps`;
      rate.update(lr);
      dims.update(sizes);
      start.update(weights);
      story.textContent = tie(narrate(state, n));
    },
  });
  const { root, story, set, state } = figure;
  const dims = choice("sizes N-D-H-C", SIZES, (sizes) => set({ sizes }));
  const start = choice("weights", WEIGHTS, (weights) => set({ weights }));
  const rate = slider("lr", "learning rate", [0.05, 2, 0.05], (lr) => set({ lr }));
  const run = button("", () => set({ trained: !state().trained }), "button main");
  const ticks = [-10, -8, -6, -4, -2, 0].map((e) => html("span", {}, short(10 ** e)));
  root.append(
    html("div", { class: "ward" },
      html("fieldset", { class: "choice bugs" }, html("legend", {}, "bugs"), ...boxes.map((box) => box.node)),
      html("div", {}, dims.node, start.node, map,
        html("div", { class: "legend", "aria-hidden": "true" }, html("i", {}), ...ticks),
        html("p", { class: "note" }, "relative error; ● fails the check, 10⁻⁶ or more"), detail)),
    story,
    html("div", { class: "lower" },
      html("div", {}, code, html("div", { class: "sliders" }, rate.node),
        html("div", { class: "buttons" }, run, button("Reset", () => set(model.get("start"))))),
      html("div", {}, plot, verdict)));
  return figure.start();
}

export default { render };
