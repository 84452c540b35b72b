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
  const previous = button("Previous", () => step(at - 1));
  const next = button("Next", () => step(at + 1));
  const whole = button("Show all steps", () => toggle(!walk.classList.contains("walking")));
  whole.classList.add("whole");
  const hint = document.createElement("p");
  hint.className = "walk-hint";
  const keys = document.createElement("span");
  keys.className = "by-keys";
  keys.textContent = " The arrow keys ← and → do what the buttons do.";
  hint.append("Lit arrows point where the gradient goes.", keys);
  controls.append(previous, next, status, whole, hint);
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

  // A walked arrow points the way the gradient goes: its head is at the other end.
  const [HEAD, HALF] = [7, 2.45];
  for (const leg of all(".leg")) turn(edge(leg));
  function turn(arrow) {
    const path = arrow?.querySelector("path"), head = arrow?.querySelector("polygon");
    if (!path || !head) return;
    const end = path.getPointAtLength(path.getTotalLength());
    const far = (point) => Math.hypot(point.x - end.x, point.y - end.y);
    const tip = [...head.points].reduce((one, other) => (far(one) > far(other) ? one : other));
    const [at, from] = [0, HEAD].map((length) => path.getPointAtLength(length));
    const [x, y] = [(from.x - at.x) / HEAD, (from.y - at.y) / HEAD];
    add("path", "d", `M${end.x} ${end.y}L${tip.x} ${tip.y}`);
    add("polygon", "points", `${at.x},${at.y} ${from.x - y * HALF},${from.y + x * HALF} ${from.x + y * HALF},${from.y - x * HALF}`);
    function add(name, attribute, value) {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      made.setAttribute("class", "turned");
      made.setAttribute(attribute, value);
      arrow.append(made);
    }
  }

  // Where the boxes at work are out of sight, the picture comes back into it.
  function step(wanted) {
    go(wanted);
    const hidden = () => all(".gv-node.now").find((one) => {
      const { top, bottom } = one.getBoundingClientRect();
      return top < parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || bottom > innerHeight;
    });
    if (hidden()) walk.scrollIntoView({ block: "start", behavior: "instant" });
    hidden()?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  let at = 0;
  function go(wanted) {
    const moved = wanted > at;
    at = Math.max(0, Math.min(steps.length - 1, wanted));
    putOut();
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

  function putOut() {
    for (const marked of all(".now, .walked")) marked.classList.remove("now", "walked");
    for (const text of all(".travel")) text.remove();
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
    previous.hidden = next.hidden = status.hidden = keys.hidden = !stepwise;
    if (stepwise) return go(at);
    // All steps at once are the whole way: every arrow is lit, and none is at work.
    putOut();
    for (const drawn of numbers) draw(drawn, false, false);
  }

  walk.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey || !walk.classList.contains("walking")) return;
    event.preventDefault();
    step(at + by);
  });

  // The focus stays on the box, where the arrow keys work.
  svg.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#walk-step-']");
    const wanted = steps.findIndex((one) => "#" + one.id === link?.getAttribute("href"));
    if (wanted < 0 || !walk.classList.contains("walking")) return;
    event.preventDefault();
    go(wanted);
    link.focus({ preventScroll: true });
    history.replaceState(null, "", "#" + steps[wanted].id);
    steps[wanted].scrollIntoView({ block: "nearest" });
  });

  function fromAddress() {
    const wanted = steps.findIndex((step) => "#" + step.id === location.hash);
    if (wanted >= 0 && walk.classList.contains("walking")) go(wanted);
  }
  addEventListener("hashchange", fromAddress);
  toggle(true);
  fromAddress();
})();
