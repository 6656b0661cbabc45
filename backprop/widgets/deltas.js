// The deltas figure of chapter 5: a 2-2-1 network, and its slopes on their way back.

import { anchor, arrow, button, choice, drawing, factor, format, html, live, math, place, slider,
  svg, text, tie, toggle } from "./figure.js";

const UNITS = [0, 1];
const squash = (z) => {
  const e = Math.exp(-Math.abs(z)); // between 0 and 1, so it cannot overflow
  return { a: (z >= 0 ? 1 : e) / (1 + e), slope: e / (1 + e) ** 2 };
};
/** What reaches layer 1 through the weights W2, and every slope that follows from it. */
function layer1(W2, dz2, slope1, x) {
  const da1 = UNITS.map((j) => W2[j][0] * dz2), dz1 = UNITS.map((j) => da1[j] * slope1[j]);
  return { da1, dz1, dW1: x.map((v) => dz1.map((d) => v * d)), db1: dz1 };
}

/** Every number of the network; `late` has W2 after a step, and what comes of using it. */
export function compute({ x, W1, b1, W2, b2, y, lr }) {
  const z1 = UNITS.map((j) => x[0] * W1[0][j] + x[1] * W1[1][j] + b1[j]);
  const a1 = z1.map((z) => squash(z).a), slope1 = z1.map((z) => squash(z).slope);
  const z2 = a1[0] * W2[0][0] + a1[1] * W2[1][0] + b2[0], { a: a2, slope: slope2 } = squash(z2);
  const da2 = a2 - y, dz2 = da2 * slope2, dW2 = a1.map((a) => [a * dz2]);
  const ahead = W2.map(([w], j) => [w - lr * dW2[j][0]]);
  return { z1, a1, slope1, z2, a2, slope2, L: (da2 * da2) / 2, da2, dz2, dW2, db2: [dz2],
    ...layer1(W2, dz2, slope1, x), late: { W2: ahead, ...layer1(ahead, dz2, slope1, x) } };
}

/** The parameters after a step downhill: all slopes first, or layer 2 first. */
export function descend(state) {
  const { W1, b1, b2, lr, stale } = state, n = compute(state), { dW1, db1 } = stale ? n.late : n;
  const less = (values, slopes) => values.map((v, i) => v - lr * slopes[i]);
  return { W1: W1.map((row, i) => less(row, dW1[i])), b1: less(b1, db1), W2: n.late.W2,
    b2: less(b2, n.db2) };
}

/** The last step that reveals something. One more shows the way back as a whole. */
export const STEPS = 8;
// A number's key is the name of its array, _ and its indices; the step reveals its slope.
const STEP = { a2: 1, z2: 2, W2_11: 3, W2_21: 3, b2: 3, a1_1: 4, a1_2: 4, z1_1: 5, z1_2: 6,
  W1_11: 7, W1_21: 7, b1_1: 7, W1_12: 8, W1_22: 8, b1_2: 8 };
const WEIGHTS = ["W1_11", "W1_12", "W1_21", "W1_22", "W2_11", "W2_21"];
const PARAMETERS = [...WEIGHTS.slice(0, 4), "b1_1", "b1_2", ...WEIGHTS.slice(4), "b2"];

const pretty = (key) => key.replace(/_(\d+)/g, (_, digits) => digits.replace(/\d/g, (d) => "₀₁₂"[d]));
/** The number of a key in `n`. */
function read(n, key) {
  const [name, indices = ""] = key.split("_");
  return [[...indices].reduce((part, i) => part[i - 1], n[name])].flat()[0];
}
/** An array with one number changed. */
const put = (part, [i, ...rest], v) => (Array.isArray(part)
  ? part.map((p, at) => (at === (i ?? 1) - 1 ? put(p, rest, v) : p)) : v);
/** What a box shows of a key. `late` of W2 is the weight itself, of others the slope. */
const shown = (n, kind, key) => (kind === "value" ? read(n, key)
  : kind === "slope" ? read(n, "d" + key) : read(n.late, (/^W2/.test(key) ? "" : "d") + key));

// Boxes [x, y, width, height].
const LAYOUTS = {
  wide: { size: [720, 256], sides: ["right", "left"],
    boxes: { x_1: [1, 43, 66, 32], x_2: [1, 179, 66, 32],
      W1_11: [151, 1, 86, 56], W1_21: [151, 61, 86, 56], W1_12: [151, 137, 86, 56],
      W1_22: [151, 197, 86, 56], h1: [263, 17, 168, 84], h2: [263, 153, 168, 84],
      W2_11: [457, 31, 86, 56], W2_21: [457, 167, 86, 56], out: [571, 85, 148, 84],
      loss: [571, 207, 148, 46] } },
  tall: { size: [360, 494], sides: ["bottom", "top"],
    boxes: { x_1: [53, 1, 72, 30], x_2: [235, 1, 72, 30],
      W1_11: [1, 76, 86, 56], W1_21: [91, 76, 86, 56], W1_12: [183, 76, 86, 56],
      W1_22: [273, 76, 86, 56], h1: [1, 156, 176, 84], h2: [183, 156, 176, 84],
      W2_11: [46, 264, 86, 56], W2_21: [228, 264, 86, 56], out: [106, 350, 148, 84],
      loss: [106, 464, 148, 29] } },
};
const ROWS = { h1: ["b1_1", "z1_1", "a1_1"], h2: ["b1_2", "z1_2", "a1_2"], out: ["b2", "z2", "a2"] };
// From, to; the step that carries a slope back, and the number that says how thick.
const EDGES = [["out", "loss", 1, "a2"], ...[1, 2].flatMap((j) => [
  [`W2_${j}1`, "out", 3, "z2"], ["h" + j, `W2_${j}1`, 4, "a1_" + j], ...[1, 2].flatMap((i) => [
    ["x_" + i, `W1_${i}${j}`], [`W1_${i}${j}`, "h" + j, 6 + j, "z1_" + j]])])];

function draw(kind, choose) {
  const { size, sides, boxes } = LAYOUTS[kind], tall = kind === "tall";
  const edges = svg("g", {}), nodes = svg("g", {}), updates = [];
  for (const [from, to, step, key] of EDGES) {
    const upright = tall || to === "loss", axis = upright ? 0 : 1;
    // Straight across, as far as the longer side reaches.
    const port = ([at, size], [start, length]) => (!step || size <= length ? 0.5
      : Math.max(0.16, Math.min(0.84, (start + length / 2 - at) / size)));
    const along = (name) => [boxes[name][axis], boxes[name][axis + 2]];
    const end = (name, other, side, shift) =>
      anchor(boxes[name], side, port(along(name), along(other)), shift);
    const [out, into] = upright ? ["bottom", "top"] : sides;
    const ends = (shift) => [end(from, to, out, shift), end(to, from, into, shift)];
    edges.append(svg("g", { class: "forward" }, ...arrow(...ends(step ? -5 : 0), 1.5)));
    if (!step) continue;
    const backward = svg("g", { class: "backward" });
    edges.append(backward);
    updates.push((n) => {
      toggle(backward, "off", n.step < step);
      const v = Math.abs(shown(n, n.stale && key[1] === "1" ? "late" : "slope", key));
      backward.replaceChildren(...arrow(...ends(5).reverse(),
        Math.max(0.8, 4 * Math.sqrt(Math.min(1, 4 * v))), 4, v < 5e-5));
    });
  }
  /** A number in its place, seen from a step on: a value, a slope, or a late one. */
  function number(x, y, kind, key, step = 0) {
    const node = text(x, y, "end number " + kind, ""), ahead = kind === "late" && key[1] === "2";
    node.dataset[kind] = key;
    toggle(node, "ahead", ahead);
    updates.push((n) => {
      node.textContent = n.step < step || (kind === "late" && !n.stale) ? ""
        : (ahead ? "now " : "") + format(shown(n, kind, key), kind === "value" ? 2 : 0);
    });
    return node;
  }
  /** A box: marked when a step adds to it; chooses its parameter when pressed. */
  function box(key, steps, parameter, children) {
    const [x, y, width, height] = boxes[key];
    const node = svg("g", { class: parameter ? "node pressed" : "node" },
      svg("rect", { x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 5 }),
      ...children(x, y, x + width - 7));
    updates.push((n) => {
      toggle(node, "new", steps.includes(n.step));
      toggle(node, "chosen", parameter === n.chosen);
    });
    if (parameter) node.addEventListener("click", () => choose(parameter));
    nodes.append(node);
  }
  const name = (x, y, key) => text(x + 7, y, "", math(pretty(key)));
  for (const key of ["x_1", "x_2"])
    box(key, [], null, (x, y, right) => [name(x, y + 20, key), number(right, y + 20, "value", key)]);
  for (const key of WEIGHTS) {
    const step = STEP[key], late = Math.max(step, 4);
    box(key, [step, late], key, (x, y, right) => {
      const rows = svg("g", {}, name(x, y + 16, key), number(right, y + 16, "value", key),
        number(right, y + 32, "slope", key, step), number(right, y + 48, "late", key, late));
      updates.push((n) => place(rows, { transform: `translate(0 ${n.stale ? 0 : 8})` }));
      return [rows];
    });
  }
  for (const [unit, rows] of Object.entries(ROWS)) {
    const last = unit === "out", [value, slope] = last ? [78, 138] : [58, 110];
    box(unit, rows.map((key) => STEP[key]), rows[0], (x, y, right) => [
      text(x + 7, y + 17, "tick", last ? "output" : "hidden unit " + unit[1]),
      ...rows.flatMap((key, i) => {
        const base = y + 37 + 19 * i, step = STEP[key];
        return [name(x, base, key[0]), number(x + value, base, "value", key),
          number(x + slope, base, "slope", key, step),
          ...(last ? [] : [number(right, base, "late", key, step)])];
      })]);
  }
  const [dx, dy, value] = tall ? [66, 18, 50] : [0, 37, 78];
  box("loss", [], null, (x, y) => [name(x, y + 18, "y"), number(x + value, y + 18, "value", "y"),
    name(x + dx, y + dy, "L"), number(x + (tall ? 138 : 78), y + dy, "value", "L")]);
  const { node, describe } = drawing("net " + kind, size,
    "Network of two inputs, two hidden units and an output, with its loss", edges, nodes);
  return { node, update(n) {
    updates.forEach((update) => update(n));
    const list = (kind) => [...node.querySelectorAll(`[data-${kind}]`)]
      .filter((e) => e.textContent).map((e) => [pretty(e.dataset[kind]), e.textContent]);
    const say = (items, d) => items.map(([key, number]) => `${d}${key} = ${number}`).join(", ");
    describe(say(list("value"), "") + ". " + say(list("slope"), "d") + (n.stale
      ? ". Too late: " + say(list("late"), "d").replaceAll("dW2", "W2") : "") + ".");
  } };
}

/** What the step just taken did, with its numbers put in. */
function narrate(n) {
  const f = format, { stale, slope1 } = n, δ = factor(n.dz2);
  const v = (key) => read(n, key), late = (key) => read(n.late, key), W = (j) => `W2_${j}1`;
  const both = (say) => say(1) + ", " + say(2), now = stale ? late : v;
  const hidden = (j) => {
    const chain = (weight, d) => `${f(weight)} × ${δ} × ${f(slope1[j - 1])} = ${f(d)}`;
    const right = chain(v(W(j)), v("dz1_" + j));
    return `δ for hidden unit ${j}` + (stale
      ? ` comes out as ${chain(late(W(j)), late("dz1_" + j))}. Right is ${right}.`
      : `: ${right}. That is its weight × the δ of the output × its own a(1 − a).`);
  };
  const into = (j) => `Into hidden unit ${j}, what came in × ${stale ? "a wrong δ" : "δ"}: `
    + both((i) => `dW1_${i}${j} = ${f(n.x[i - 1])} × ${factor(now("dz1_" + j))} = `
      + f(now(`dW1_${i}${j}`))) + `; the bias gets δ itself, db1_${j} = ${f(now("db1_" + j))}.`;
  return tie(pretty([
    () => `Forward is done: a2 = ${f(n.a2)} where y = ${f(n.y)}, so L = ${f(n.L)}. `
      + "Nine parameters wait for their slopes. Press Step forward.",
    () => `From the loss back to the output: da2 = a2 − y = ${f(n.a2)} − ${f(n.y)} = ${f(n.da2)}.`,
    () => "Back through its squash, dz2 = da2 × a2(1 − a2) = "
      + `${f(n.da2)} × ${f(n.slope2)} = ${f(n.dz2)}. This is δ of the output.`,
    () => "Into the output, each weight's slope is what came in × δ: "
      + both((j) => `d${W(j)} = ${f(n.a1[j - 1])} × ${δ} = ${f(v("d" + W(j)))}`)
      + `; the bias gets δ itself, db2 = ${f(n.dz2)}.`,
    () => (stale ? "Layer 2 has just been updated, too early: δ goes back through new weights, "
      + both((j) => `da1_${j} = ${f(late(W(j)))} × ${δ} = ${f(late("da1_" + j))} `
        + `instead of ${f(v("da1_" + j))}`) + "."
      : "δ goes back through the weights by which the values came: "
      + both((j) => `da1_${j} = ${f(v(W(j)))} × ${δ} = ${f(v("da1_" + j))}`) + "."),
    () => hidden(1), () => hidden(2), () => into(1), () => into(2),
    () => (stale ? "Layer 1 is wrong as W2 was when δ came through: "
      + both((j) => `${f(late(W(j)))} instead of ${f(v(W(j)))} for hidden unit ${j}`
        + (late(W(j)) * v(W(j)) < 0 ? ", so the sign is wrong" : ""))
      + ". No error message tells you."
      : "Nine slopes from one walk back. Each δ was made once, and served all the weights into "
      + "its unit and all the units behind it."),
  ][n.step]()));
}

const ORDERS = ["all slopes first", "layer 2 at once (stale)"];

function render({ model, el }) {
  let net;
  const stage = html("div", {});
  const figure = live({ model, el }, {
    kind: "deltas", label: "slopes on their way back through two layers",
    names: ["x", "W1", "b1", "W2", "b2", "y", "lr", "step", "stale", "chosen"],
    draw(layout) {
      net = draw(layout, (chosen) => set({ chosen }));
      stage.replaceChildren(net.node);
    },
    update(s, message) {
      const n = { ...s, ...compute(s) };
      net.update(n);
      sliders.x_1.update(s.x[0]);
      sliders.x_2.update(s.x[1]);
      sliders.y.update(s.y);
      sliders.chosen.update(read(s, s.chosen));
      label.textContent = (s.chosen[0] === "b" ? "bias " : "weight ") + pretty(s.chosen);
      which.update(pretty(s.chosen));
      order.update(ORDERS[+s.stale]);
      toggle(wrong, "off", !s.stale);
      story.textContent = message || narrate(n);
      back.setAttribute("aria-disabled", s.step === 0);
      forward.setAttribute("aria-disabled", s.step > STEPS);
    },
  });
  const { root, story, set, state } = figure;
  const go = (step) => set({ step: Math.max(0, Math.min(STEPS + 1, step)) });
  function downhill() {
    const before = state(), { stale } = before;
    const loss = (stale) => format(compute({ ...before, ...descend({ ...before, stale }) }).L);
    set({ ...descend(before), step: STEPS + 1 }, () => (stale
      ? "Layer 2 at once, then layer 1 with slopes from weights that were never run forward: "
      : "All nine slopes first, then all nine parameters: ")
      + `the loss went from ${format(compute(before).L)} to ${loss(stale)}.`
      + (stale ? ` All slopes first would have made it ${loss(false)}.` : ""));
  }
  const back = button("Step back", () => go(state().step - 1));
  const forward = button("Step forward", () => go(state().step + 1), "button main");
  const label = html("span", {});
  const which = choice("Change", PARAMETERS.map(pretty), (name) =>
    set({ chosen: PARAMETERS.find((key) => pretty(key) === name) }));
  const order = choice("Update", ORDERS, (name) => set({ stale: name === ORDERS[1] }));
  const change = (key, v) => {
    const [name, indices = ""] = key.split("_");
    set({ [name]: put(model.get(name), indices, v) });
  };
  const input = (key) =>
    slider(key, "input " + pretty(key), [-3, 3, 0.05], (v) => change(key, v));
  const sliders = { x_1: input("x_1"), x_2: input("x_2"),
    chosen: slider("chosen", label, [-3, 3, 0.05], (v) => change(state().chosen, v)),
    y: slider("y", "target y", [0, 1, 0.05], (y) => set({ y })) };
  const wrong = html("span", { class: "key-stale" }, html("s", {}, "0.0"), " from stale weights");
  root.append(
    html("p", { class: "legend" }, html("span", { class: "key-forward" }, "→ values"),
      html("span", { class: "key-backward" }, "← slopes; the slope of z is δ"), wrong),
    stage, story,
    html("div", { class: "buttons" }, back, forward, button("To the end", () => go(STEPS + 1))),
    which.node,
    html("div", { class: "sliders" }, ...Object.values(sliders).map(({ node }) => node)),
    order.node,
    html("div", { class: "buttons" },
      button(`Step downhill (lr = ${format(model.get("lr"))})`, downhill),
      button("Reset", () => set(model.get("start")))));
  return figure.start();
}

export default { render };
