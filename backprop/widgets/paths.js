// The paths figure of chapter 2: products along each path, sums over paths, and the sweep.

import { anchor, arrow, button, choice, drawing, factor, format, html, live, math, slider, svg,
  text, tie, toggle } from "./figure.js";

// The nodes in the order of the calculation, with formulas; the edges, with their slopes.
const NODES = {
  a: [], b: [], c: ["a·b", (v) => v.a * v.b], s: ["sin a", (v) => Math.sin(v.a)],
  t: ["c + s", (v) => v.c + v.s], L: ["c·t", (v) => v.c * v.t],
};
const EDGES = {
  ac: ["b", (v) => v.b], as: ["cos a", (v) => Math.cos(v.a)], bc: ["a", (v) => v.a],
  cL: ["t", (v) => v.t], ct: ["1", () => 1], st: ["1", () => 1], tL: ["c", (v) => v.c],
};
const BACKWARD = Object.keys(NODES).reverse();
const edgesFrom = (node) => Object.keys(EDGES).filter(([from]) => from === node);
const pathsFrom = (node) => (node === "L" ? ["L"]
  : edgesFrom(node).flatMap(([, to]) => pathsFrom(to).map((rest) => node + rest)));
const edgesOf = (path) => [...path].slice(1).map((to, i) => path[i] + to);

/** The values, the slope of every edge, the gradient, and each path with its product. */
export function compute({ a, b }) {
  const value = { a, b }, slope = {}, gradient = { L: 1 };
  for (const [node, [, f]] of Object.entries(NODES)) if (f) value[node] = f(value);
  for (const [edge, [, f]] of Object.entries(EDGES)) slope[edge] = f(value);
  for (const node of BACKWARD.slice(1))
    gradient[node] = edgesFrom(node)
      .reduce((sum, edge) => sum + slope[edge] * gradient[edge[1]], 0);
  const paths = Object.fromEntries(["a", "b"].map((origin) => [origin,
    pathsFrom(origin).map((nodes) => ({ nodes,
      product: edgesOf(nodes).reduce((product, edge) => product * slope[edge], 1) }))]));
  return { value, slope, gradient, paths };
}
const add = (paths) => paths.reduce((sum, { product }) => sum + product, 0);

/** One multiplication for each edge: of the paths followed so far, and of the sweep. */
export function work({ origin, followed, swept }) {
  const edges = pathsFrom(origin).slice(0, followed).flatMap(edgesOf);
  return { paths: edges.length, sweep: BACKWARD.slice(0, swept).flatMap(edgesFrom).length };
}

/** What L does when the input moves, what the slope known so far promised, and the rest. */
export function nudge({ a, b, origin, followed, epsilon, swept }) {
  const { value, paths } = compute({ a, b }), all = paths[origin];
  const moved = compute(origin === "a" ? { a: a + epsilon, b } : { a, b: b + epsilon }).value;
  const whole = followed >= all.length || swept > BACKWARD.indexOf(origin);
  const slope = add(whole ? all : all.slice(0, followed)), promised = slope * epsilon;
  const change = Object.fromEntries(BACKWARD.map((node) => [node, moved[node] - value[node]]));
  return { change, whole, promised, rest: change.L - promised };
}

// Boxes, and where an edge leaves and enters them: [share of the side, share of the side],
// then the place of its slope: [x, y, anchor].
const LAYOUTS = {
  wide: { size: [720, 248], sides: ["right", "left"],
    boxes: { a: [1, 48, 112, 66], b: [1, 178, 112, 66], c: [224, 170, 122, 66],
      s: [224, 4, 122, 66], t: [416, 60, 122, 66], L: [592, 134, 127, 66] },
    edges: { ac: [0.72, 0.28, 184, 134, "start"], as: [0.28, 0.5, 152, 26, "middle"],
      bc: [0.5, 0.72, 168, 202, "middle"], ct: [0.28, 0.72, 396, 162, "start"],
      st: [0.5, 0.28, 386, 52, "start"], cL: [0.72, 0.72, 470, 240, "middle"],
      tL: [0.5, 0.28, 570, 112, "start"] } },
  tall: { size: [360, 452], sides: ["bottom", "top"],
    boxes: { a: [15, 1, 112, 66], b: [228, 1, 112, 66], c: [218, 128, 122, 66],
      s: [10, 128, 122, 66], t: [56, 258, 122, 66], L: [132, 384, 127, 66] },
    edges: { ac: [0.78, 0.25, 206, 90, "start"], as: [0.35, 0.35, 76, 118, "start"],
      bc: [0.5, 0.72, 306, 112, "start"], ct: [0.25, 0.78, 188, 220, "end"],
      st: [0.5, 0.3, 72, 232, "end"], cL: [0.72, 0.75, 292, 300, "start"],
      tL: [0.5, 0.28, 130, 360, "end"] } },
};

function drawGraph(layout) {
  const { size, sides, boxes, edges } = LAYOUTS[layout];
  const lines = svg("g", {}), nodes = svg("g", {}), updates = [];
  for (const [edge, [out, into, x, y, side]] of Object.entries(edges)) {
    const [from, to] = edge, name = EDGES[edge][0];
    const ends = (shift) => [anchor(boxes[from], sides[0], out, shift),
      anchor(boxes[to], sides[1], into, shift)];
    const forward = svg("g", { class: "forward" }), backward = svg("g", { class: "backward" });
    const number = svg("tspan", { class: "number" });
    const label = text(x, y, side + " halo", ...(name === "1" ? [] : [math(name), " = "]), number);
    lines.append(forward, backward, label);
    updates.push(({ slope }, { path, done, now }) => {
      const on = path.includes(edge), last = now.includes(edge);
      number.textContent = format(slope[edge]);
      forward.replaceChildren(...arrow(...ends(0), on ? 4 : 1.5));
      backward.replaceChildren(...arrow(...ends(9).reverse(), last ? 4 : 1.5, 5));
      toggle(forward, "on", on);
      toggle(backward, "off", !done.includes(edge));
      toggle(label, "on", on || last);
    });
  }
  for (const [node, [x, y, width, height]] of Object.entries(boxes)) {
    const middle = x + width / 2, [formula] = NODES[node];
    const value = svg("tspan", { class: "number", "data-value": node });
    const change = svg("tspan", { class: "change", "data-change": node });
    const slope = svg("tspan", { class: "number", "data-gradient": node });
    const gradient = text(middle, y + 57, "middle gradient", math("∂L/∂" + node), " = ", slope);
    const box = svg("g", { class: "node" },
      svg("rect", { x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 5 }),
      text(middle, y + 17, "middle", math(formula ? `${node} = ${formula}` : node)),
      text(middle, y + 37, "middle value", value, change), gradient);
    nodes.append(box);
    updates.push((n, { reached, at }, { change: moved }) => {
      value.textContent = format(n.value[node], 2);
      const by = Math.abs(moved[node]) < 5e-5 ? "" : format(Math.round(moved[node] * 1e4) / 1e4);
      change.textContent = by && (moved[node] < 0 ? " " : " +") + by;
      toggle(gradient, "off", !reached.includes(node));
      slope.textContent = reached.includes(node) ? format(n.gradient[node]) : "";
      toggle(box, "on", at.includes(node));
    });
  }
  const { node, describe } = drawing("graph " + layout, size, "Graph from a and b to L",
    lines, nodes);
  return { node, update(n, marks, moved) {
    updates.forEach((update) => update(n, marks, moved));
    const list = (numbers, name) =>
      Object.entries(numbers).map(([key, v]) => name(key) + format(v)).join(", ");
    describe(list(n.value, (node) => node + " = ") + ". Slopes on the edges: "
      + list(n.slope, ([from, to]) => `${from} to ${to} `) + ".");
  } };
}

/** What stands out: the path last followed, or the node that the sweep has just reached. */
function marksOf({ origin, followed, swept }) {
  const reached = BACKWARD.slice(0, swept), last = reached.slice(-1);
  const path = swept || !followed ? "" : pathsFrom(origin)[followed - 1];
  return { reached, at: swept ? last : path, path: edgesOf(path),
    done: reached.flatMap(edgesFrom), now: last.flatMap(edgesFrom) };
}

const chain = (path) => [...path].join(" → ");
const COUNT = ["no path", "one path", "two paths", "three paths"];

function narrate(state) {
  const { origin, followed, swept } = state, { slope, gradient, paths } = compute(state);
  const all = paths[origin], node = BACKWARD[swept - 1];
  if (node === "L") return "The sweep starts at the end: L moves as L does, so ∂L/∂L = 1.";
  if (swept)
    return `${node} is used by ${edgesFrom(node).map(([, to]) => to).join(" and by ")}: `
      + `∂L/∂${node} = `
      + edgesFrom(node).map((edge) => `${factor(slope[edge])} × ${factor(gradient[edge[1]])}`)
        .join(" + ") + ` = ${format(gradient[node])}.`
      + (node === "c" ? " All that lies behind c is added up now, once, for a and for b." : "")
      + (node === "a" ? " Seven edges, seven multiplications for both inputs; "
        + "the paths take 8 and 5." : "");
  if (!followed)
    return `${all.length === 3 ? "Three" : "Two"} paths lead from ${origin} to L. Follow them one `
      + "by one: along a path, the slopes multiply.";
  const { nodes, product } = all[followed - 1];
  return `Along ${chain(nodes)} the slopes multiply to `
    + `${edgesOf(nodes).map((edge) => factor(slope[edge])).join(" × ")} = ${format(product)}.`
    + (followed < all.length ? ""
      : ` The ${COUNT[followed]} add up to ∂L/∂${origin} = ${format(gradient[origin])}.`);
}

/** What came of a nudge. */
function compare(state) {
  const { origin, followed, epsilon } = state, { change, whole, promised, rest } = nudge(state);
  if (!epsilon) return "";
  const half = nudge({ ...state, epsilon: epsilon / 2 }).rest;
  return `${origin} moves by ${format(epsilon)}, and L by ${format(change.L)}. ` + (whole
    ? `Slope × ε promised ${format(promised)}, and ${format(rest)} is left over. `
      + `Half the ε would leave ${format(half)}.`
    : followed ? `What we followed so far, ${COUNT[followed]}, promised ${format(promised)}: `
      + "what is missing came another way." : "Follow the paths to see how.");
}

function render({ model, el }) {
  let graph;
  const stage = html("div", {});
  const rows = [0, 1, 2].map(() => html("li", {})), total = html("p", { class: "total" });
  const bars = { moves: "L moves by", promised: "", rest: "left over" };
  const measures = html("dl", {}), order = html("p", { class: "order" });
  for (const [key, name] of Object.entries(bars)) {
    const label = html("dt", {}, name), number = html("dd", {}), bar = html("i", {});
    measures.append(html("div", { class: "measure " + key }, label, number,
      html("span", { class: "bar", "aria-hidden": "true" }, bar)));
    bars[key] = { label, number, bar };
  }
  const counts = html("p", { class: "counts" });

  const figure = live({ model, el }, {
    kind: "paths", label: "slopes along the paths of a graph",
    names: ["a", "b", "origin", "followed", "epsilon", "swept"],
    draw(layout) {
      graph = drawGraph(layout);
      stage.replaceChildren(graph.node);
    },
    update(state, message) {
      const { origin, followed, epsilon, swept } = state, n = compute(state);
      const all = n.paths[origin], known = Math.min(followed, all.length), moved = nudge(state);
      graph.update(n, marksOf(state), moved);
      rows.forEach((row, i) => {
        const { nodes, product } = all[i] ?? { nodes: "" };
        toggle(row, "on", !swept && i === known - 1);
        row.replaceChildren(html("span", {}, chain(nodes)), i < known ? html("span", {},
          edgesOf(nodes).map((edge) => factor(n.slope[edge])).join("·"), " = ",
          html("b", {}, format(product))) : "");
      });
      total.replaceChildren(html("span", {}, known < all.length
        ? `sum of ${known} of ${all.length}` : `sum of all, ∂L/∂${origin}`),
      html("b", {}, format(add(all.slice(0, known)))));
      const most = Math.max(Math.abs(moved.change.L), Math.abs(moved.promised)) || 1;
      bars.promised.label.textContent = moved.whole ? "slope × ε" : "sum so far × ε";
      const show = { moves: moved.change.L, promised: moved.promised, rest: moved.rest };
      for (const [key, v] of Object.entries(show)) {
        bars[key].number.textContent = format(v);
        const share = (50 * Math.min(Math.abs(v), most)) / most;
        bars[key].bar.hidden = !v;
        bars[key].bar.style.cssText = `width: ${share}%; left: ${v < 0 ? 50 - share : 50}%`;
      }
      order.textContent = tie(!epsilon ? "" : moved.whole
        ? `left over = ${format(moved.rest / epsilon ** 2)} × ε²`
        : `left over = ${format(moved.rest / epsilon)} × ε`);
      const cost = work({ ...state, followed: known });
      counts.textContent = `Multiplications: ${cost.paths} along the paths from ${origin}, `
        + `${cost.sweep} in the sweep.`;
      sliders.a.update(state.a);
      sliders.b.update(state.b);
      sliders.epsilon.update(epsilon);
      nudged.textContent = `nudge ${origin} by ε`;
      source.update(origin);
      story.textContent = tie(message || narrate({ ...state, followed: known }));
      back.setAttribute("aria-disabled", known === 0);
      next.setAttribute("aria-disabled", known === all.length && !swept);
      sweep.setAttribute("aria-disabled", swept === BACKWARD.length);
    },
  });
  const { root, story, set, state } = figure;
  const follow = (by) => {
    const { origin, followed, swept } = state();
    const most = pathsFrom(origin).length, to = swept && by > 0 ? followed : followed + by;
    set({ followed: Math.max(0, Math.min(most, to)), swept: 0 });
  };
  const back = button("Previous path", () => follow(-1));
  const next = button("Next path", () => follow(1), "button main");
  const sweep = button("Sweep backward", () =>
    set({ swept: Math.min(BACKWARD.length, state().swept + 1) }));
  const source = choice("Paths from", ["a", "b"],
    (origin) => set({ origin, followed: 0, swept: 0 }));
  const nudged = html("span", {});
  const sliders = {
    a: slider("a", "input a", [-3, 3, 0.05], (a) => set({ a })),
    b: slider("b", "input b", [-3, 3, 0.05], (b) => set({ b })),
    epsilon: slider("epsilon", nudged, [-1, 1, 0.01], (epsilon) => set({ epsilon }, compare)),
  };
  root.append(stage, story,
    html("div", { class: "panels" },
      html("div", {}, source.node, html("ol", { class: "list" }, ...rows), total,
        html("div", { class: "buttons" }, back, next)),
      html("div", {}, sliders.epsilon.node, measures, order)),
    html("div", { class: "buttons" }, sweep, button("Reset", () => set(model.get("start"))), counts),
    html("div", { class: "sliders" }, sliders.a.node, sliders.b.node));
  return figure.start();
}

export default { render };
