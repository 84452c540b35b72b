(() => {
  const walk = document.querySelector(".walk");
  if (!walk) return;
  const all = (selector, from = walk) => [...from.querySelectorAll(selector)];
  const svg = walk.querySelector(".map svg");
  const steps = all(".walk-step");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const box = (name) => all(".gv-node", svg).find((b) => b.dataset.node === name);
  const edge = (leg) =>
    all(".gv-edge", svg).find((e) => e.dataset.from === leg.dataset.from && e.dataset.to === leg.dataset.to);

  const controls = document.createElement("div");
  controls.className = "walk-controls";
  controls.setAttribute("role", "group");
  controls.setAttribute("aria-label", "Steps of backward");
  const status = document.createElement("p");
  status.className = "walk-status";
  status.setAttribute("aria-live", "polite");
  const previous = button("Previous", () => go(at - 1));
  const next = button("Next", () => go(at + 1));
  const whole = button("Show all steps", () => toggle(!walk.classList.contains("walking")));
  whole.classList.add("whole");
  controls.append(previous, next, status, whole);
  walk.querySelector(".guide").prepend(controls);

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  // The numbers stand beside their arrows, each drawn when its step is reached.
  const numbers = steps.map((step) => all(".leg", step).map((leg) => [leg, number(leg)]).filter((pair) => pair[1]));
  function number(leg) {
    const path = edge(leg)?.querySelector("path");
    if (!path) return null;
    const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    const length = path.getTotalLength();
    const [tail, half, head] = [0, length / 2, length].map((far) => path.getPointAtLength(far));
    // On the outer side of a slanting arrow, between the boxes that it joins.
    const left = head.x - tail.x > 4;
    text.setAttribute("class", "travel");
    text.setAttribute("text-anchor", left ? "end" : "start");
    text.setAttribute("x", half.x + (left ? -6 : 6));
    text.setAttribute("y", half.y + 6);
    text.setAttribute("aria-hidden", "true");
    text.textContent = leg.dataset.value;
    return text;
  }

  let at = 0;
  function go(wanted) {
    const moved = wanted > at;
    at = Math.max(0, Math.min(steps.length - 1, wanted));
    for (const marked of all(".now, .walked")) marked.classList.remove("now", "walked");
    for (const text of all(".travel")) text.remove();
    steps[at].classList.add("now");
    for (const name of steps[at].dataset.boxes.split(" ")) box(name)?.classList.add("now");
    numbers.slice(0, at + 1).forEach((drawn, place) => draw(drawn, place === at, moved));
    previous.setAttribute("aria-disabled", String(at === 0));
    next.setAttribute("aria-disabled", String(at === steps.length - 1));
    const title = document.createElement("span");
    title.className = "unseen";
    title.textContent = `: ${steps[at].dataset.title}`;
    status.replaceChildren(`Step ${at + 1} of ${steps.length}`, title);
  }

  function draw(drawn, now, moved) {
    for (const [leg, text] of drawn) {
      const arrow = edge(leg);
      arrow.classList.add("walked");
      arrow.classList.toggle("now", now);
      text.classList.toggle("now", now);
      svg.querySelector(".graph").append(text);
      if (now && moved && !still.matches) travel(arrow.querySelector("path"), text);
    }
  }

  // Against the arrow, as backward goes: from its head to where the number stays.
  function travel(path, text) {
    const length = path.getTotalLength();
    const [half, head] = [length / 2, length].map((far) => path.getPointAtLength(far));
    const [x, y] = [head.x - half.x, head.y - half.y];
    text.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], { duration: 350, easing: "ease-out" });
  }

  function toggle(stepwise) {
    walk.classList.toggle("walking", stepwise);
    whole.textContent = stepwise ? "Show all steps" : "Step by step";
    previous.hidden = next.hidden = status.hidden = !stepwise;
  }

  walk.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey || !walk.classList.contains("walking")) return;
    event.preventDefault();
    go(at + by);
  });

  function fromAddress() {
    const wanted = steps.findIndex((step) => "#" + step.id === location.hash);
    if (wanted >= 0) go(wanted);
  }
  addEventListener("hashchange", fromAddress);
  toggle(true);
  go(0);
  fromAddress();
})();
