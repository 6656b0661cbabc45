// The descent figure of chapter 4: a ball, a bowl, and how long a step may be.

import { button, dots, drag, drawing, format, html, line, live, math, path, place, scale, short,
  slider, svg, text, tie, toggle } from "./figure.js";

/** The most steps that are drawn, and how far away the ball counts as gone for good. */
export const MOST = 200;
const GONE = 1e9, WIDTH = 4, HEIGHT = 2; // the map reaches from −4 to 4, from −2 to 2

/** Where the ball has been, with the loss there; what a step does along each direction. */
export function compute({ curvature, u, v, lr, steps }) {
  const [a, b] = curvature, factors = curvature.map((c) => 1 - lr * c);
  const loss = (u, v) => (a * u * u + b * v * v) / 2;
  const walk = [[u, v, loss(u, v)]];
  while (walk.length <= steps && Math.hypot(u, v) < GONE) {
    [u, v] = [u - lr * a * u, v - lr * b * v];
    walk.push([u, v, loss(u, v)]);
  }
  return { walk, factors, limit: 2 / Math.max(a, b), fastest: 2 / (a + b) };
}

const NAMES = ["u", "v"];
const clip = (v, most) => Math.max(-most, Math.min(most, v));

/** The map: lines of equal loss, and the way of the ball. */
function drawMap([width, height]) {
  const X = scale(-WIDTH, WIDTH, 0, width), Y = scale(HEIGHT, -HEIGHT, 0, height);
  const rings = Array.from({ length: 14 }, () =>
    svg("ellipse", { class: "ring", cx: X(0), cy: Y(0) }));
  const way = path("way"), spots = path("spots"), origin = svg("circle", { class: "origin", r: 5 });
  const { node, describe } = drawing("map", [width, height],
    "The bowl from above, with lines of equal loss",
    ...rings, path("axis", `M0 ${Y(0)}H${width}M${X(0)} 0V${height}`),
    ...[-3, -2, -1, 1, 2, 3].map((u) => text(X(u), Y(0) + 14, "middle", format(u))),
    ...[-1, 1].map((v) => text(X(0) - 6, Y(v) + 4, "end", format(v))),
    text(width - 8, Y(0) - 6, "end", math("u")), text(X(0) + 8, 16, "", math("v")),
    way, spots, origin);
  const reach = 3 * WIDTH; // what lies further is drawn in its direction, not at its place
  return { node, describe, update(walk, [a, b]) {
    const rim = (a * WIDTH ** 2 + b * HEIGHT ** 2) / 2, unit = width / (2 * WIDTH);
    rings.forEach((ring, i) => {
      const radius = unit * Math.sqrt((2 * rim * (14 - i)) / 14.5); // the same loss apart
      place(ring, { rx: radius / Math.sqrt(a), ry: radius / Math.sqrt(b) });
    });
    const left = walk.findIndex(([u, v]) => Math.hypot(u, v) >= reach);
    const seen = left < 0 ? walk : walk.slice(0, left + 1);
    const points = seen.map(([u, v], i) => {
      const [u0, v0] = seen[i - 1] ?? [u, v], far = Math.hypot(u - u0, v - v0);
      const share = Math.min(1, (2 * reach) / (far || 1));
      return [X(u0 + share * (u - u0)), Y(v0 + share * (v - v0))];
    });
    place(way, { d: line(points) });
    place(spots, { d: dots(points) });
    place(origin, { cx: points[0][0], cy: points[0][1] });
  } };
}

/** The loss against the steps, and under it the factor that each direction has per step. */
function drawSide([width, height]) {
  const left = 36, right = width - 6, top = 22, bottom = height - 112;
  const Y = scale(-6, 3, bottom, top);
  const level = (loss) => Y(Math.max(-6, Math.min(3, Math.log10(loss))));
  const curve = path("curve"), now = svg("circle", { class: "dot", r: 4 });
  const last = text(right, bottom + 15, "end tick");
  const F = scale(-2, 1, 1, right - 4), axis = height - 32;
  const stems = NAMES.map((name) =>
    ({ stem: path("stem"), label: text(0, axis - 24, "middle", math(name)) }));
  const zone = (from, to, kind) => svg("rect", { class: "zone " + kind, x: F(from), y: axis - 8,
    width: F(to) - F(from), height: 16 });
  const { node, describe } = drawing("side", [width, height],
    "The loss after each step, and the factor of each direction",
    text(0, 11, "tick", "loss"), path("axis", `M${left} ${top}V${bottom}H${right}`),
    ...[-6, -3, 0, 3].map((e) => text(left - 6, Y(e) + 4, "end tick", short(10 ** e))),
    text(left, bottom + 15, "tick", "0 steps"), last, curve, now,
    text(0, axis - 46, "tick", "factor per step"),
    zone(-2, -1, "grows"), zone(-1, 0, "flips"), zone(0, 1, "shrinks"),
    ...[-1, 0, 1].map((f) => text(F(f), axis + 27, "middle tick", format(f))),
    ...[[-1.5, "diverges"], [-0.5, "zigzags"], [0.5, "glides"]]
      .map(([f, word]) => text(F(f), axis + 27, "middle", word)),
    path("axis", [-1, 0, 1].map((f) => `M${F(f)} ${axis + 8}v6`).join("")),
    ...stems.flatMap(({ stem, label }) => [stem, label]));
  return { node, describe, update({ walk, factors }, steps) {
    const longest = Math.max(20, 20 * Math.ceil(steps / 20));
    const X = scale(0, longest, left, right);
    const out = walk.findIndex(([, , loss]) => loss > 1e3 || loss < 1e-6);
    const seen = out < 0 ? walk : walk.slice(0, out + 1);
    const points = seen.map(([, , loss], i) => [X(i), level(loss)]);
    place(curve, { d: line(points) });
    place(now, { cx: points.at(-1)[0], cy: points.at(-1)[1] });
    last.textContent = longest;
    const apart = Math.abs(F(factors[0]) - F(factors[1])) < 12;
    stems.forEach(({ stem, label }, i) => {
      const x = F(Math.max(-2, factors[i]));
      place(stem, { d: `M${x} ${axis + 8}V${axis - 20}` });
      place(label, { x: apart ? x + (i ? 7 : -7) : x });
    });
  } };
}

/** What the learning rate makes of the ball. */
function narrate({ curvature, lr }, { walk, factors }) {
  const [u, v, loss] = walk.at(-1), start = walk[0].slice(0, 2);
  const taken = walk.length - 1;
  const here = (taken ? `After ${taken} step${taken > 1 ? "s" : ""}: ` : "Start: ")
    + `u = ${format(u)}, v = ${format(v)}, loss ${format(loss)}. `;
  const moving = [0, 1].filter((i) => start[i] !== 0);
  if (!moving.length)
    return here + "The ball lies at the bottom. The slope is 0, and nothing moves.";
  if (lr === 0) return here + "A learning rate of 0: the slope is known, and no step is taken.";
  // The direction that decides: the one that shrinks least.
  const worst = moving.reduce((i, j) => (Math.abs(factors[j]) > Math.abs(factors[i]) ? j : i));
  const name = NAMES[worst], f = factors[worst], size = Math.abs(f);
  if (Math.abs(size - 1) < 1e-9)
    return here + `Exactly on the edge: each step turns ${name} into −${name}, as far out as `
      + "before, and so it bounces for ever.";
  if (size > 1)
    return here + `It diverges: ${name} is multiplied by ${format(f)} at each step. Above `
      + `${format(2 / curvature[worst])}, each step carries ${name} farther out than it was.`
      + (Math.hypot(u, v) < GONE ? "" : " The ball is gone.");
  const flips = moving.filter((i) => factors[i] < -1e-9).map((i) => NAMES[i]);
  const hits = moving.filter((i) => Math.abs(factors[i]) < 1e-9).map((i) => NAMES[i]);
  const all = (names, one, many) => `${names.join(" and ")} ${names.length > 1 ? many : one}`;
  return here
    + (flips.length ? `It zigzags: ${all(flips, "changes", "change")} sign at each step. `
      : size > 0.9 ? "It crawls along the valley. " : "It glides down. ")
    + (hits.length ? `${all(hits, "reaches", "reach")} 0 in a single step. ` : "")
    + (hits.length === moving.length ? "" : `The slowest, ${name}, needs `
      + `${Math.round(Math.log(10) / -Math.log(size)) || 1} steps to shrink tenfold.`);
}

function render({ model, el }) {
  let map, side, timer;
  const field = html("div", { class: "field" }), strip = html("div", {});
  const ball = html("div", { class: "ball", role: "slider", tabindex: 0,
    "aria-label": "ball, moved by the arrow keys", "aria-valuemin": -WIDTH, "aria-valuemax": WIDTH,
    "data-lm-suppress-shortcuts": "true" });
  const factors = html("dl", {}), readings = NAMES.map((name, i) => {
    const value = html("dd", {});
    factors.append(html("div", {}, html("dt", {}, `${name} at each step`), value));
    return value;
  });
  const figure = live({ model, el }, {
    kind: "descent", label: "a ball in a bowl, and the learning rate",
    names: ["curvature", "u", "v", "lr", "steps"],
    draw(layout) {
      const wide = layout === "wide";
      map = drawMap(wide ? [472, 236] : [360, 180]);
      side = drawSide(wide ? [232, 236] : [360, 232]);
      field.replaceChildren(map.node, ball);
      strip.replaceChildren(side.node);
      drag(map.node, map.node, move);
    },
    update(state) {
      const n = compute(state), [u, v, loss] = n.walk.at(-1);
      const [x, y] = [clip(u, WIDTH), clip(v, HEIGHT)];
      map.update(n.walk, state.curvature);
      side.update(n, state.steps);
      map.describe(`The ball has come from u = ${format(state.u)}, v = ${format(state.v)} `
        + `to u = ${format(u)}, v = ${format(v)}.`);
      side.describe(`The loss went from ${format(n.walk[0][2])} to ${format(loss)} in `
        + `${n.walk.length - 1} steps.`);
      ball.style.left = `${(50 * (x + WIDTH)) / WIDTH}%`;
      ball.style.top = `${(50 * (HEIGHT - y)) / HEIGHT}%`;
      toggle(ball, "gone", x !== u || y !== v);
      ball.setAttribute("aria-valuenow", x.toFixed(2));
      ball.setAttribute("aria-valuetext", `u = ${format(u)}, v = ${format(v)}`);
      readings.forEach((value, i) => {
        value.textContent = `× (1 − ${format(state.lr)}·${format(state.curvature[i])}) = `
          + format(n.factors[i], 2);
      });
      const most = 1.25 * n.limit;
      rate.update(state.lr, [0, most, n.limit / 100]);
      for (const [name, node] of Object.entries(marks)) {
        node.textContent = `${name} ${format(n[name])}`;
        const share = n[name] / Math.max(most, state.lr);
        node.style.left = `calc(8px + ${share} * (100% - 16px))`; // the middle of the thumb
      }
      story.textContent = tie(narrate(state, n));
      const ended = n.walk.length <= state.steps || state.steps === MOST;
      for (const node of [step, run]) node.setAttribute("aria-disabled", ended);
      back.setAttribute("aria-disabled", !state.steps);
    },
  });
  const { root, story, state, hush } = figure;
  const set = (changes) => { stop(); figure.set(changes); };
  function stop() {
    if (timer) hush(false);
    clearInterval(timer);
    timer = 0;
  }
  const go = (by) => {
    const s = state(), to = Math.min(MOST, s.steps + by);
    if (compute(s).walk.length > s.steps) figure.set({ steps: to });
    return to < MOST;
  };
  function roll() {
    stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return go(20);
    let left = 20;
    hush(true); // speak once, at the end
    timer = setInterval(() => { if (!go(1) || --left === 0) stop(); }, 60);
  }
  /** Start anew from a place on the map. */
  const begin = (u, v) => set({ steps: 0,
    u: +clip(u, WIDTH).toFixed(2), v: +clip(v, HEIGHT).toFixed(2) });
  function move(x, y) {
    const { width, height } = map.node.viewBox.baseVal;
    begin(scale(0, width, -WIDTH, WIDTH)(x), scale(0, height, HEIGHT, -HEIGHT)(y));
  }
  drag(ball, { getScreenCTM: () => map.node.getScreenCTM() }, move); // of whichever layout
  ball.addEventListener("keydown", (event) => {
    const [right, up] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1],
      ArrowDown: [0, -1] }[event.key] ?? [];
    if (right === undefined) return;
    event.preventDefault();
    const [u, v] = compute(state()).walk.at(-1);
    begin(clip(u, WIDTH) + right / 10, clip(v, HEIGHT) + up / 10);
  });

  const rate = slider("lr", "learning rate", null, (lr) => set({ lr }), (lr) => format(lr, 3));
  const marks = { fastest: html("span", {}), limit: html("span", {}) };
  const step = button("Step", () => { stop(); go(1); }, "button main");
  const run = button("Run 20", roll);
  const back = button("Back to the start", () => set({ steps: 0 }));
  root.append(
    html("div", { class: "panels" }, field, strip),
    html("div", { class: "sliders" }, rate.node,
      html("div", { class: "marks" }, marks.fastest, marks.limit)),
    factors, story,
    html("div", { class: "buttons" }, step, run, back,
      button("Reset", () => set(model.get("start")))));
  const end = figure.start();
  return () => { stop(); end(); };
}

export default { render };
