// ---- saving: a figure as SVG or PNG, rows as CSV
const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity", "font-size", "font-weight", "paint-order"];
const FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif";
// a copy that looks the same without the page's styles
const standalone = (svg, title, legend) => {
  const copy = svg.cloneNode(true), from = [svg, ...svg.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((node, i) => {
    if (!(node instanceof SVGElement)) return;
    const style = getComputedStyle(node);
    for (const key of KEPT) { const value = style.getPropertyValue(key); if (value && value !== "none" || key === "fill" || key === "stroke") to[i].setAttribute(key, value); }
    to[i].removeAttribute("class");
  });
  // what only answers the pointer is not part of the picture
  from.forEach((node, i) => { if (["cursor", "select", "surface"].some((name) => node.classList.contains(name))) to[i].remove(); });
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  // above it what it shows, and whose lines are whose
  const head = document.createElementNS(NS, "g"), ink = token("--ink"), soft = token("--soft");
  add(head, "text", { x: 8, y: 0, "font-size": 14, "font-weight": 600, fill: ink }, short(title, Math.floor(width / 7.5)));
  let x = 8, y = 22;
  for (const [name, colour, dash] of legend) {
    const words = short(name, 40), reach = 34 + 6.6 * words.length;
    if (x > 8 && x + reach > width) { x = 8; y += 18; }
    add(head, "line", { x1: x, x2: x + 18, y1: y - 4, y2: y - 4, stroke: colour, "stroke-width": 2.5, ...dash });
    add(head, "text", { x: x + 24, y, "font-size": 12, fill: soft }, words);
    x += reach + 10;
  }
  const above = 24 + (legend.length ? y : 6), whole = height + above;
  head.setAttribute("transform", `translate(0 ${22 - above})`);
  copy.insertBefore(head, copy.firstChild);
  for (const [key, value] of Object.entries({ xmlns: NS, width, height: whole, viewBox: `0 ${-above} ${width} ${whole}`, "font-family": FONT })) copy.setAttribute(key, value);
  const back = document.createElementNS(NS, "rect");
  for (const [key, value] of Object.entries({ y: -above, width, height: whole, fill: token("--card") })) back.setAttribute(key, value);
  copy.insertBefore(back, copy.firstChild);
  return { text: new XMLSerializer().serializeToString(copy), width, height: whole };
};
const offer = (blob, name) => {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.appendChild(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
const plainName = (text) => text.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "figure";
const saveFigure = async (svg, name, form, title, legend) => {
  const { text, width, height } = standalone(svg, title, legend);
  if (form === "svg") return offer(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const surface = make("canvas"), scale = 2.5;
  surface.width = Math.round(width * scale);
  surface.height = Math.round(height * scale);
  surface.getContext("2d").drawImage(image, 0, 0, surface.width, surface.height);
  return new Promise((done) => surface.toBlob((blob) => { offer(blob, `${name}.png`); done(); }, "image/png"));
};
// a text that a spreadsheet would take for a formula is kept a text
const cell = (value) => {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
};
const saveRows = (rows, name) => offer(new Blob([`\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`], { type: "text/csv;charset=utf-8" }), `${name}.csv`);
