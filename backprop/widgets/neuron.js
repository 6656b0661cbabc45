// The neuron figure of chapter 3: every number of one neuron, walked forward and back.

import { anchor, arrow, button, drawing, factor, format, html, line, live, math, path, place,
  slider, svg, text, tie,
  toggle } from "./figure.js";

/** The forward and backward pass of a sigmoid neuron with half squared error. */
export function compute({ x, w, b, y }) {
  const p = [w[0] * x[0], w[1] * x[1]];
  const z = p[0] + p[1] + b;
  const e = Math.exp(-Math.abs(z)); // between 0 and 1, so it cannot overflow
  const a = (z >= 0 ? 1 : e) / (1 + e);
  const slope = e / (1 + e) ** 2; // a(1 − a), with its digits where a rounds to 1
  const da = a - y, dz = da * slope;
  return { p, z, a, L: (da * da) / 2, slope, da, dz,
    dw: [dz * x[0], dz * x[1]], db: dz, dx: [dz * w[0], dz * w[1]] };
}

// The graph. Step `shown` of the walk reveals a value; step `back` its gradient, and the
// way back to it. `slope` is the local slope on that way: its name, formula and number.
const NODES = {
  x1: { name: "x₁", shown: 0, back: 10, to: "p1", slope: ["∂z/∂x₁", "w₁", "w1"] },
  w1: { name: "w₁", shown: 0, back: 7, to: "p1", slope: ["∂z/∂w₁", "x₁", "x1"] },
  x2: { name: "x₂", shown: 0, back: 11, to: "p2", slope: ["∂z/∂x₂", "w₂", "w2"] },
  w2: { name: "w₂", shown: 0, back: 8, to: "p2", slope: ["∂z/∂w₂", "x₂", "x2"] },
  b: { name: "b", shown: 0, back: 9, to: "z", slope: ["∂z/∂b", "1"] },
  y: { name: "y", shown: 0, to: "L" },
  p1: { name: "w₁x₁", shown: 1, back: 7, to: "z" },
  p2: { name: "w₂x₂", shown: 1, back: 8, to: "z" },
  z: { name: "z", formula: "z = w·x + b", shown: 2, back: 6, to: "a",
    slope: ["∂a/∂z", "a(1 − a)", "slope"] },
  a: { name: "a", formula: "a = σ(z)", shown: 3, back: 5, to: "L",
    slope: ["∂L/∂a", "a − y", "da"] },
  L: { name: "L", formula: "L = ½(a − y)²", shown: 4 },
};
/** The last step that reveals something. One more shows the walk as a whole. */
export const STEPS = 11;

// Boxes are [x, y, width, height]. An edge leaves by one side and enters by another, at a
// port, a share of that side. A slope is [x, y, anchor, lines]: n, f, v are its parts.
const LAYOUTS = {
  wide: {
    size: [720, 314], sigma: [352, 190, 196, 118], sides: ["right", "left"],
    boxes: {
      x1: [1, 1, 119, 46], w1: [1, 55, 119, 46], x2: [1, 133, 119, 46], w2: [1, 187, 119, 46],
      b: [1, 259, 119, 46], p1: [173, 30, 58, 42], p2: [173, 162, 58, 42], z: [272, 79, 116, 76],
      a: [455, 79, 110, 76], L: [631, 91, 88, 52], y: [646, 214, 58, 42],
    },
    across: { b: ["right", "bottom"], y: ["top", "bottom"] },
    ports: { x1: 0.22, w1: 0.6, x2: 0.22, w2: 0.6, p1: 0.25, p2: 0.62, a: 0.383, b: 0.2, y: 0.5 },
    slopes: {
      x1: [125, 14, "start", ["n=f=v"]], w1: [125, 102, "start", ["n=f=v"]],
      x2: [125, 146, "start", ["n=f=v"]], w2: [125, 234, "start", ["n=f=v"]],
      b: [125, 308, "start", ["n=f"]], z: [421.5, 99, "middle", ["n", "", "", "=f", "=v"]],
      a: [598, 99, "middle", ["n", "", "", "=f", "=v"]],
    },
  },
  tall: {
    size: [360, 490], sigma: [236, 288, 112, 112], sides: ["bottom", "top"],
    boxes: {
      x1: [1, 1, 65, 80], w1: [70, 1, 65, 80], x2: [146, 1, 65, 80], w2: [215, 1, 65, 80],
      b: [294, 1, 65, 80], p1: [36, 140, 66, 42], p2: [181, 140, 66, 42], z: [79, 222, 124, 70],
      a: [79, 332, 124, 70], L: [79, 438, 124, 51], y: [263, 442.5, 58, 42],
    },
    across: { b: ["bottom", "right"], y: ["left", "right"] },
    ports: { x1: 0.22, w1: 0.6, x2: 0.22, w2: 0.6, p1: 0.25, p2: 0.68, b: 0.4, y: 0.5 },
    slopes: {
      x1: [40, 114, "end", ["f", "=v"]], w1: [110, 97, "start", ["f", "=v"]],
      x2: [185, 114, "end", ["f", "=v"]], w2: [255, 97, "start", ["f", "=v"]],
      b: [316, 165, "end", ["n=f"]], z: [126, 308, "end", ["n=f", "=v"]],
      a: [126, 416, "end", ["n=f", "=v"]],
    },
  },
};

/** Draw the graph; return it with the function that puts the numbers `n` on it. */
function draw(kind) {
  const { size, sigma, sides, boxes, across, ports, slopes } = LAYOUTS[kind];
  const edges = svg("g", {}), nodes = svg("g", {}), updates = [];
  const mark = (node, name, test) => updates.push((n) => toggle(node, name, test(n.step)));
  const reveal = (node, at) => {
    mark(node, "off", (step) => step < at);
    mark(node, "new", (step) => step === at);
    return node;
  };
  for (const [key, { name, formula, shown, back, to, slope }] of Object.entries(NODES)) {
    if (to) edge(key, NODES[to].shown, back, to);
    const [x, y, width, height] = boxes[key], middle = x + width / 2, given = shown === 0;
    const value = svg("tspan", { class: "number", "data-value": key });
    const box = svg("g", { class: key === "y" ? "node target" : "node" },
      svg("rect", { x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 5 }));
    if (given && slope && kind === "wide") {
      box.append(text(middle, y + 19, "middle", math(name), " = ", value));
    } else {
      box.append(text(middle, y + 16, "middle", math(formula ?? name)),
        text(middle, y + (formula ? 39 : 34), formula ? "middle large" : "middle", value));
    }
    updates.push((n) => { value.textContent = n.step < shown ? "" : format(n[key], 2); });
    mark(box, "pending", (step) => step < shown);
    if (!given) mark(box, "new", (step) => step === shown);
    if (slope) {
      const number = svg("tspan", { class: "number", "data-gradient": key });
      const label = math("∂L/∂" + name);
      box.append(reveal(svg("g", { class: "gradient" }, ...(given && kind === "tall"
        ? [text(middle, y + 55, "middle", label), text(middle, y + 71, "middle", number)]
        : [text(middle, y + height - 9, "middle", label, " = ", number)])), back));
      updates.push((n) => { number.textContent = n.step < back ? "" : format(n["d" + key]); });
      mark(box, "new-back", (step) => step === back);
      edges.append(reveal(slopeLabel(key, ...slope), back));
    }
    nodes.append(box);
  }

  function edge(key, shown, back, to) {
    const [out, into] = across[key] ?? sides;
    const ends = (shift) => [anchor(boxes[key], out, key === "y" ? 0.5 : 0.42, shift),
      anchor(boxes[to], into, ports[key] ?? 0.42, shift)];
    const forward = svg("g", { class: "forward" }, ...arrow(...ends(0), 1.6));
    mark(forward, "pending", (step) => step < shown);
    mark(forward, "new", (step) => step === shown);
    edges.append(forward);
    if (!back) return;
    const backward = reveal(svg("g", { class: "backward" }), back);
    const [start, end] = ends(9);
    updates.push((n) => {
      if (n.step < back) return;
      const steep = Math.abs(n["d" + key]);
      const width = Math.max(0.8, 9 * Math.sqrt(Math.min(1, steep)));
      backward.replaceChildren(...arrow(end, start, width, 5, steep < 5e-5));
    });
    edges.append(backward);
  }

  function slopeLabel(key, name, formula, number) {
    const [x, y, side, lines] = slopes[key];
    const label = svg("g", { class: "slope", "data-slope": key });
    lines.forEach((line, i) => {
      const value = svg("tspan", {});
      const parts = { n: math(name), f: math(formula), v: value, "=": " = " };
      label.append(text(x, y + 14 * i, side, ...[...line].map((part) => parts[part])));
      if (number) updates.push((n) => { value.textContent = format(n[number], 2); });
    });
    return label;
  }

  const { node, describe } = drawing("graph " + kind, size,
    "Graph of a sigmoid neuron, from its inputs to its loss",
    edges, nodes, sigmoidInset(sigma, updates, mark));
  return { node, update(n) {
    updates.forEach((update) => update(n));
    describe(inWords(n));
  } };
}

/** σ from −8 to 8, the point (z, a), the tangent there, and the gap between a and y. */
function sigmoidInset([left, top, width, height], updates, mark) {
  const unit = width / 16, rise = height - 28, right = left + width;
  const X = (z) => left + width / 2 + z * unit, Y = (a) => top + 10 + rise * (1 - a);
  const curve = line(Array.from({ length: 65 }, (_, i) => i / 4 - 8)
    .map((z) => [X(z), Y(1 / (1 + Math.exp(-z)))]));
  const goal = path("goal"), goalName = text(left - 4, 0, "end goal-name", math("y"));
  const drop = path("drop"), gap = path("gap"), tangent = path("tangent");
  const dot = svg("circle", { class: "dot", r: 4.5 });
  for (const [node, at] of [[drop, 3], [dot, 3], [gap, 5], [tangent, 6]])
    mark(node, "off", (step) => step < at);
  updates.push(({ z, a, y, slope }) => {
    const x = X(Math.max(-8, Math.min(8, z))), steep = (rise * slope) / unit;
    const reach = 30 / Math.hypot(1, steep);
    const from = Math.max(left, x - reach), to = Math.min(right, x + reach);
    goalName.setAttribute("y", Y(y) + 4);
    place(dot, { cx: x, cy: Y(a) });
    place(goal, { d: `M${left} ${Y(y)}H${right}` });
    place(drop, { d: `M${x} ${Y(0)}V${Y(a)}` });
    place(gap, { d: `M${x} ${Y(a)}V${Y(y)}` });
    place(tangent,
      { d: `M${from} ${Y(a) + steep * (x - from)}L${to} ${Y(a) - steep * (to - x)}` });
  });
  return svg("g", {}, path("axis", `M${left} ${Y(0)}H${right}M${X(0)} ${Y(0)}V${Y(1) - 6}`),
    ...[-6, 0, 6].map((z) => text(X(z), top + height - 2, "middle tick", format(z))),
    text(right + 4, Y(1) + 4, "tick", "1"), text(right + 4, Y(0) + 4, "tick", "0"),
    text(right, Y(0.35), "end tick", math("a = σ(z)")),
    goal, goalName, path("curve", curve), drop, gap, tangent, dot);
}

/** The graph in words, for whoever cannot see it. */
function inWords(n) {
  return Object.entries(NODES).flatMap(([key, { name, shown, back, slope }]) => [
    ...(n.step < shown ? [] : [`${name} = ${format(n[key])}`]),
    ...(!slope || n.step < back ? [] : [`∂L/∂${name} = ${format(n["d" + key])}`]),
  ]).join(", ") + ".";
}

/** What the step just taken did, with its numbers. */
function narrate(n) {
  const f = (key) => format(n[key]), g = (key) => factor(n[key]);
  const flat = n.slope < 0.01 ? " The squash is nearly flat here: the gradient dies." : "";
  const product = (u, v) => `Back through the product to ${u}: ∂z/∂${u} is ${v}, so `
    + `∂L/∂${u} = ∂L/∂z × ${v} = ${f("dz")} × ${g(v)} = ${f("d" + u)}.`;
  const story = [
    () => "Four steps forward, from the inputs to the loss; then the walk back. Press Step forward.",
    () => `Multiply: w1x1 = ${f("w1")} × ${g("x1")} = ${f("p1")} `
      + `and w2x2 = ${f("w2")} × ${g("x2")} = ${f("p2")}.`,
    () => `Add: z = ${f("w1")} × ${g("x1")} + ${g("w2")} × ${g("x2")} + ${g("b")} = ${f("z")}.`,
    () => `Squash: a = σ(z) = σ(${f("z")}) = ${f("a")}.`,
    () => `Compare with the target: L = ½(a − y)² = ½(${f("a")} − ${f("y")})² = ${f("L")}.`,
    () => `Turn round. From the loss back to a: ∂L/∂a = a − y = ${f("a")} − ${f("y")} = ${f("da")}.`,
    () => "Walking back through the squash: "
      + `∂L/∂z = (a − y) × a(1 − a) = ${f("da")} × ${f("slope")} = ${f("dz")}.` + flat,
    () => product("w1", "x1"),
    () => product("w2", "x2"),
    () => `The bias is only added: ∂z/∂b is 1, so ∂L/∂b = ∂L/∂z = ${f("db")}.`,
    () => product("x1", "w1"),
    () => product("x2", "w2"),
    () => "Slopes multiply along the way back: "
      + `∂L/∂w1 = ${f("da")} × ${f("slope")} × ${g("x1")} = ${f("dw1")}.` + flat,
  ][n.step]();
  return tie(story.replace(/([xw])([12])/g, (_, v, i) => v + "₀₁₂"[i]));
}


const SLIDERS = {
  x1: ["input x₁", -2, 2], x2: ["input x₂", -2, 2], w1: ["weight w₁", -3, 3],
  w2: ["weight w₂", -3, 3], b: ["bias b", -3, 3], y: ["target y", 0, 1],
};

/** Every number on the graph, by the name of its node; `d` before it for its gradient. */
function numbers({ x, w, b, y, step }) {
  const c = compute({ x, w, b, y });
  return { ...c, b, y, step, x1: x[0], x2: x[1], w1: w[0], w2: w[1], p1: c.p[0], p2: c.p[1],
    dp1: c.dz, dp2: c.dz, dx1: c.dx[0], dx2: c.dx[1], dw1: c.dw[0], dw2: c.dw[1] };
}

function render({ model, el }) {
  let graph;
  const stage = html("div", {});
  const figure = live({ model, el }, {
    kind: "neuron", label: "a sigmoid neuron", names: ["x", "w", "b", "y", "step"],
    draw(layout) {
      graph = draw(layout);
      stage.replaceChildren(graph.node);
    },
    update(state, message) {
      const n = numbers(state);
      graph.update(n);
      for (const [key, slider] of sliders) slider.update(n[key]);
      figure.root.dataset.step = n.step;
      progress.textContent = n.step && n.step <= STEPS && !message ? `${n.step} of ${STEPS}` : "";
      said.textContent = message || narrate(n);
      back.setAttribute("aria-disabled", n.step === 0);
      forward.setAttribute("aria-disabled", n.step > STEPS);
    },
  });
  const { root, story, set, state } = figure;
  const go = (step) => set({ step: Math.max(0, Math.min(STEPS + 1, step)) });
  function descend() {
    const { w, b } = state(), { L, dw, db } = numbers(state()), lr = model.get("lr");
    set({ w: w.map((v, i) => v - lr * dw[i]), b: b - lr * db, step: STEPS + 1 }, (after) => {
      const n = numbers(after);
      return "One step downhill, against the slopes: "
        + `w₁ is now ${format(n.w1)}, w₂ ${format(n.w2)}, b ${format(n.b)}. `
        + `The loss went from ${format(L)} to ${format(n.L)}.`;
    });
  }

  const back = button("Step back", () => go(state().step - 1));
  const forward = button("Step forward", () => go(state().step + 1), "button main");
  const progress = html("span", { class: "progress" }), said = html("span", {});
  const sliders = Object.entries(SLIDERS).map(([key, [label, min, max]]) => {
    const [name, index] = key;
    return [key, slider(key, label, [min, max, 0.05], (given) => {
      const old = model.get(name);
      set({ [name]: index ? old.map((v, i) => (i === index - 1 ? given : v)) : given });
    })];
  });
  story.append(progress, said);
  root.append(
    html("p", { class: "legend" },
      html("span", { class: "key-forward" }, "→ forward: values"),
      html("span", { class: "key-backward" },
        "← backward: slopes of the loss, thicker where larger")),
    stage, story,
    html("div", { class: "buttons" }, back, forward, button("Whole walk", () => go(STEPS + 1))),
    html("div", { class: "sliders" }, ...sliders.map(([, slider]) => slider.node)),
    html("div", { class: "buttons" },
      button(`Take a step downhill (lr = ${format(model.get("lr"))})`, descend),
      button("Reset", () => set(model.get("start")))));
  return figure.start();
}

export default { render };
