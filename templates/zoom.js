// A picture that is larger than its frame begins where backward does, at the root, and can be
// shown as a whole instead.
(() => {
  // As small as the text of a picture is still read.
  const LEAST = 0.8;

  for (const figure of document.querySelectorAll(".picture.wide")) {
    const canvas = figure.querySelector(".canvas");
    const svg = canvas.querySelector("svg");
    const { width, height } = svg.viewBox.baseVal;
    const own = Number(svg.getAttribute("width"));
    // Whether the reader asked for the whole picture, or for its natural size.
    let asked = null;
    const group = document.createElement("div");
    group.className = "zoom";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Size of the picture");
    const fit = button("Fit", () => show((asked = true)));
    const natural = button("100 %", () => show((asked = false)));
    group.append(fit, natural);
    canvas.before(group);

    function button(text, act) {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = text;
      made.addEventListener("click", act);
      return made;
    }

    // What fits in the frame's width and greatest height, as a share of the natural size.
    function share() {
      const style = getComputedStyle(canvas);
      const across = canvas.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      const greatest = parseFloat(style.maxHeight) || Infinity;
      const down = greatest - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom) - 2;
      return Math.min(1, across / own, down / ((own * height) / width));
    }

    function show(wanted) {
      const part = share();
      group.hidden = part === 1;
      svg.style.setProperty("--wide", `${wanted ? part * own : own}px`);
      fit.setAttribute("aria-pressed", String(wanted));
      natural.setAttribute("aria-pressed", String(!wanted));
      if (!wanted) toRoot();
    }

    function toRoot() {
      const root = svg.querySelector(".gv-root");
      if (!root) return;
      const [box, frame] = [root, canvas].map((one) => one.getBoundingClientRect());
      canvas.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
      canvas.scrollTop += box.bottom - frame.bottom + 24;
    }

    const begin = () => show(asked ?? share() >= LEAST);
    begin();
    let last = canvas.clientWidth;
    new ResizeObserver(() => {
      if (canvas.clientWidth === last) return;
      last = canvas.clientWidth;
      begin();
    }).observe(canvas);
  }
})();
