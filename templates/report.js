"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const panel = document.getElementById("panel");
  // The graphs at the top; a box of any other one just leads to its card.
  const boxes = all(".stage .gv-node[data-node]");
  // On a page without cards they lead nowhere.
  const linked = boxes.filter((box) => box.querySelector("a"));
  const keyOf = (box) => (box.querySelector("a")?.getAttribute("href") ?? "").replace("#card-", "");
  const byKey = new Map();
  const add = (key, box) => byKey.set(key, [...(byKey.get(key) ?? []), box]);
  // What a folded box holds: the kinds of its nodes, and their cards, which have no other box.
  const folds = new Map(all(".card[data-held]").map((card) => [card.dataset.card, card.dataset]));
  const words = (text) => text.split(" ").filter(Boolean);
  for (const box of linked) {
    add(keyOf(box), box);
    for (const key of words(folds.get(keyOf(box))?.held ?? "")) add(key, box);
  }

  // Who came to a card from elsewhere on the page finds the way back on it.
  let origin = null;
  const back = document.createElement("button");
  back.className = "back";
  back.type = "button";
  back.addEventListener("click", () => {
    origin.scrollIntoView({ block: "center" });
    origin.focus({ preventScroll: true });
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#card-']");
    if (!link || link.closest(".cards, .stage")) return;
    origin = link;
    const step = link.closest(".step")?.querySelector(".number").textContent;
    back.textContent = "↑ Back to " + (step ? `step ${step}` : (link.closest("section")?.querySelector("h2")?.textContent ?? "where you were"));
  });

  // Choosing a node marks it in every graph, in the code and among the cards.
  function choose(key) {
    const card = document.getElementById("card-" + key);
    if (!panel) return;
    if (!card) return clear();
    for (const marked of all(".chosen")) marked.classList.remove("chosen");
    for (const box of byKey.get(key) ?? []) box.classList.add("chosen");
    for (const line of all("li[data-cards]"))
      line.classList.toggle("chosen", line.dataset.cards.split(" ").includes(key));
    card.classList.add("chosen");
    show(card);
    bringLines();
    history.replaceState(null, "", "#card-" + key);
  }

  // Within their own frame: the page stays where it is.
  function bringLines() {
    const line = document.querySelector(".code li.chosen"), code = line?.closest(".code");
    if (!line) return;
    const [own, frame] = [line, code].map((one) => one.getBoundingClientRect());
    if (own.top < frame.top || own.bottom > frame.bottom) code.scrollTop += own.top - frame.top - frame.height / 3;
  }

  function show(card) {
    const copy = card.cloneNode(true);
    copy.classList.remove("chosen");
    for (const element of [copy, ...all("[id]", copy)]) element.removeAttribute("id");
    copy.removeAttribute("aria-labelledby");
    copy.querySelector(".back")?.remove();
    const close = document.createElement("button");
    close.className = "close";
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", clear);
    panel.replaceChildren(close, copy);
    panel.hidden = false;
  }

  // A neighbour's card takes the place of this one.
  panel?.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#card-']");
    if (!link) return;
    event.preventDefault();
    choose(link.getAttribute("href").slice("#card-".length));
    panel.querySelector(".close")?.focus({ preventScroll: true });
    panel.scrollTop = 0;
  });

  function clear() {
    // The focus must not vanish together with the panel.
    if (panel.contains(document.activeElement)) document.querySelector(".gv-node.chosen a")?.focus();
    for (const marked of all(".chosen")) marked.classList.remove("chosen");
    panel.hidden = true;
    panel.replaceChildren();
    history.replaceState(null, "", location.pathname + location.search);
  }

  // Arrow keys follow the arrows of the graph: up to what made it, down to what uses it.
  function neighbour(box, from, to) {
    const svg = box.closest("svg");
    const edge = all(".gv-edge", svg).find((e) => e.dataset[from] === box.dataset.node);
    const next = edge && all(".gv-node", svg).find((b) => b.dataset.node === edge.dataset[to]);
    // A note at an arrow is passed by.
    return !next || linked.includes(next) ? next : neighbour(next, from, to);
  }

  function sibling(box, step) {
    const inside = linked.filter((other) => other.closest("svg") === box.closest("svg"));
    return inside[inside.indexOf(box) + step];
  }

  const moves = {
    ArrowUp: (box) => neighbour(box, "to", "from"),
    ArrowDown: (box) => neighbour(box, "from", "to"),
    ArrowLeft: (box) => sibling(box, -1),
    ArrowRight: (box) => sibling(box, 1),
  };

  for (const box of linked) {
    box.addEventListener("click", (event) => {
      event.preventDefault();
      choose(keyOf(box));
      box.querySelector("a").scrollIntoView({ block: "nearest" });
    });
    box.addEventListener("keydown", (event) => {
      const next = moves[event.key]?.(box);
      if (!next) return;
      event.preventDefault();
      next.querySelector("a").focus();
      choose(keyOf(next));
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel && !panel.hidden) clear();
  });

  document.documentElement.classList.add("scripted");

  // The legend is a filter: a pressed kind stays, the others fade.
  const pressed = new Set();
  function filter() {
    for (const box of boxes) {
      const kind = [...pressed].some((k) => box.classList.contains("gv-" + k) || standsFor(box, k));
      box.classList.toggle("faded", pressed.size > 0 && !kind);
    }
    for (const other of all(".stage :is(.gv-edge, .gv-frame)")) other.classList.toggle("faded", pressed.size > 0);
  }

  // A folded box for what it holds, and where bookkeeping is not drawn, a leaf for its own.
  function standsFor(box, kind) {
    const fold = folds.get(keyOf(box));
    if (fold) return words(fold.kinds).includes(kind);
    return kind === "accumulate" && box.matches(".gv-leaf") && !box.closest("svg").querySelector(".gv-accumulate");
  }
  for (const chip of all(".chip[data-kind]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = chip.className;
    button.append(...chip.childNodes);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const kind = chip.dataset.kind;
      if (!pressed.delete(kind)) pressed.add(kind);
      button.setAttribute("aria-pressed", String(pressed.has(kind)));
      filter();
    });
    chip.replaceWith(button);
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
  addEventListener("hashchange", fromAddress);
  function fromAddress() {
    if (!location.hash.startsWith("#card-")) return;
    const key = location.hash.slice("#card-".length);
    choose(key);
    const card = document.getElementById("card-" + key);
    if (!origin || !card) return;
    card.querySelector("header").after(back);
    card.scrollIntoView({ block: "nearest", behavior: "instant" });
  }
  fromAddress();
})();
