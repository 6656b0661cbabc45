// Brings anywidget figures to life in a page that has no kernel.
//
// A notebook saves the state of its widgets, and the state of an anywidget holds its
// program (_esm) and its style (_css). The page carries that state in one script element,
// and one small script element, naming a model, wherever a figure belongs. This file
// gives each of them a model that lives in the page and lets the widget draw itself:
// no kernel, no require.js, no widget manager, nothing from another site.
//
// The part of anywidget's front-end interface that it fills:
// https://anywidget.dev/en/afm/ (model.get, set, on, off, save_changes, send).

const STATE = "application/vnd.jupyter.widget-state+json";
const VIEW = "application/vnd.jupyter.widget-view+json";

/** What a widget sees as its model: the saved values, and listeners for changes. */
function makeModel(saved) {
  const values = { ...saved };
  const listeners = new Map();

  const emit = (event, ...details) => {
    for (const listener of [...(listeners.get(event) ?? [])]) listener(...details);
  };

  return {
    get: (name) => values[name],
    set(name, value) {
      const changes = typeof name === "object" ? name : { [name]: value };
      let changed = false;
      for (const [key, next] of Object.entries(changes)) {
        if (values[key] === next) continue;
        values[key] = next;
        changed = true;
        emit(`change:${key}`, this, next);
      }
      if (changed) emit("change", this);
    },
    on(events, listener) {
      for (const event of events.split(" ")) {
        listeners.set(event, [...(listeners.get(event) ?? []), listener]);
      }
    },
    off(event, listener) {
      if (event === undefined) listeners.clear();
      else if (listener === undefined) listeners.delete(event);
      else listeners.set(event, (listeners.get(event) ?? []).filter((l) => l !== listener));
    },
    // There is nobody to send to.
    save_changes() {},
    send() {},
  };
}

/** The widget's program, as the module that its text is. */
async function importText(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    const { default: widget } = await import(url);
    return typeof widget === "function" ? await widget() : widget;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Remember what `make(key)` returned, and return it again. */
function once(make) {
  const made = new Map();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key);
  };
}

async function start() {
  const saved = document.querySelector(`script[type="${STATE}"]`);
  if (!saved) return;
  const states = JSON.parse(saved.textContent).state;
  const forever = new AbortController().signal;   // nothing on this page is ever removed

  const addStyle = once((css) => {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
  });
  const load = once(importText);
  // Two views of one model share it, and its `initialize` runs once.
  const prepare = once(async (id) => {
    const { state } = states[id];
    if (state._css) addStyle(state._css);
    const widget = await load(state._esm);
    const model = makeModel(state);
    await widget.initialize?.({ model, signal: forever });
    return { widget, model };
  });

  for (const view of document.querySelectorAll(`script[type="${VIEW}"]`)) {
    const el = document.createElement("div");
    el.className = "figure-live";
    view.after(el);
    try {
      const { widget, model } = await prepare(JSON.parse(view.textContent).model_id);
      await widget.render?.({ model, el, signal: forever });
      performance.mark("figure-alive");   // `make bench` reads it
    } catch (error) {
      el.className = "figure-note";
      el.setAttribute("role", "alert");
      el.textContent = `This figure could not start: ${error.message}`;
      console.error(error);
    }
  }
}

start();   // the script is deferred: the page is complete
