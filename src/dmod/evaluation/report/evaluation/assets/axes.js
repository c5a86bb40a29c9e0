// ---- axes: what the kit does not have
const labelled = (marks, words = number) => marks.map((mark) => [mark, words(mark)]);
const normalQuantile = (p) => { // by halving, exact enough to draw
  let low = -6, high = 6;
  for (let i = 0; i < 40; i++) { const middle = (low + high) / 2; if (normalShare(middle) < p) low = middle; else high = middle; }
  return (low + high) / 2;
};
const normalShare = (z) => {
  const t = 1 / (1 + 0.2316419 * Math.abs(z)), density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
  const tail = density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
};
