/**
 * A drawing context whose picture is SVG text: the part of CanvasRenderingContext2D that Chart.js and the overlays use. Not svgcanvas
 * 2.6.0, which left Chart.js's plots blank and needs a document.
 */
type Matrix = [a: number, b: number, c: number, d: number, e: number, f: number];

interface State {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  lineCap: string;
  lineJoin: string;
  globalAlpha: number;
  font: string;
  textAlign: string;
  textBaseline: string;
  dash: readonly number[];
  matrix: Matrix;
  /** Id of the clip path; empty for none. */
  clip: string;
}

const FIRST: State = {
  ...{ fillStyle: '#000', strokeStyle: '#000', lineWidth: 1, lineCap: 'butt', lineJoin: 'miter' },
  ...{ globalAlpha: 1, font: '10px sans-serif', textAlign: 'start', textBaseline: 'alphabetic' },
  ...{ dash: [], matrix: [1, 0, 0, 1, 0, 0], clip: '' },
};

const ANCHORS: Record<string, string> = { center: 'middle', right: 'end', end: 'end' };
/** Distance from the baseline that a text is placed by, in font sizes. */
const BASELINES: Record<string, number> = { top: 0.8, hanging: 0.8, middle: 0.35, bottom: -0.22 };

export class SvgContext {
  fillStyle = FIRST.fillStyle;
  strokeStyle = FIRST.strokeStyle;
  lineWidth = FIRST.lineWidth;
  lineCap = FIRST.lineCap;
  lineJoin = FIRST.lineJoin;
  globalAlpha = FIRST.globalAlpha;
  font = FIRST.font;
  textAlign = FIRST.textAlign;
  textBaseline = FIRST.textBaseline;
  /** Chart.js asks a context for its canvas, and that for its size. */
  readonly canvas = this;
  readonly style = {};

  #dash = FIRST.dash;
  #matrix = FIRST.matrix;
  #clip = '';
  readonly #saved: State[] = [];
  #path: string[] = [];
  #parts: string[] = [];
  #clips: string[] = [];

  /** `measure`: the width of a text in a font, in pixels. `prefix`: begins the ids of clip paths. */
  constructor(
    public width: number,
    public height: number,
    readonly measure: (text: string, font: string) => number,
    readonly prefix = 'clip',
  ) {}

  getContext(): this {
    return this;
  }

  /** The drawing as elements of SVG. */
  get content(): string {
    return `${this.#clips.length ? `<defs>${this.#clips.join('')}</defs>` : ''}${this.#parts.join('\n')}`;
  }

  save() {
    const { fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, globalAlpha, font } = this;
    const { textAlign, textBaseline } = this;
    this.#saved.push({
      ...{ fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, globalAlpha, font, textAlign, textBaseline },
      ...{ dash: this.#dash, matrix: this.#matrix, clip: this.#clip },
    });
  }

  restore() {
    const state = this.#saved.pop();
    if (!state) return;
    const { dash, matrix, clip, ...own } = state;
    Object.assign(this, own);
    [this.#dash, this.#matrix, this.#clip] = [dash, matrix, clip];
  }

  translate(x: number, y: number) {
    this.#multiply([1, 0, 0, 1, x, y]);
  }

  rotate(angle: number) {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    this.#multiply([cos, sin, -sin, cos, 0, 0]);
  }

  scale(x: number, y: number) {
    this.#multiply([x, 0, 0, y, 0, 0]);
  }

  setTransform(...matrix: Matrix) {
    this.#matrix = matrix;
  }

  resetTransform() {
    this.#matrix = FIRST.matrix;
  }

  setLineDash(dash: readonly number[]) {
    this.#dash = dash;
  }

  measureText(text: string): { width: number } {
    return { width: this.measure(text, this.font) };
  }

  beginPath() {
    this.#path = [];
  }

  moveTo(x: number, y: number) {
    this.#path.push(`M${this.#at(x, y)}`);
  }

  lineTo(x: number, y: number) {
    this.#path.push(`${this.#path.length ? 'L' : 'M'}${this.#at(x, y)}`);
  }

  bezierCurveTo(...[ax, ay, bx, by, x, y]: [number, number, number, number, number, number]) {
    this.#path.push(`C${this.#at(ax, ay)} ${this.#at(bx, by)} ${this.#at(x, y)}`);
  }

  closePath() {
    this.#path.push('Z');
  }

  rect(x: number, y: number, width: number, height: number) {
    this.moveTo(x, y);
    this.lineTo(x + width, y);
    this.lineTo(x + width, y + height);
    this.lineTo(x, y + height);
    this.closePath();
  }

  /** An arc in pieces of at most a third of a circle. */
  arc(x: number, y: number, radius: number, from: number, to: number, backwards = false) {
    const span = Math.min(2 * Math.PI, Math.abs(to - from)) * (backwards ? -1 : 1);
    const at = (angle: number): [number, number] => [
      x + radius * Math.cos(angle),
      y + radius * Math.sin(angle),
    ];
    this.lineTo(...at(from));
    const size = rounded(radius * this.#scale);
    const pieces = Math.ceil(Math.abs(span) / (0.67 * Math.PI));
    for (let piece = 1; piece <= pieces; piece++)
      this.#path.push(
        `A${size} ${size} 0 0 ${backwards ? 0 : 1} ${this.#at(...at(from + (span * piece) / pieces))}`,
      );
  }

  fill(rule?: unknown) {
    this.#draw(
      `${paint('fill', this.fillStyle, this.globalAlpha)}${rule === 'evenodd' ? ' fill-rule="evenodd"' : ''}`,
    );
  }

  stroke() {
    this.#draw(`fill="none" ${this.#stroke()}`);
  }

  clip(rule?: unknown) {
    const id = `${this.prefix}${this.#clips.length + 1}`;
    const even = rule === 'evenodd' ? ' clip-rule="evenodd"' : '';
    this.#clips.push(`<clipPath id="${id}"><path d="${this.#path.join('')}"${even}/></clipPath>`);
    this.#clip = id;
  }

  fillRect(x: number, y: number, width: number, height: number) {
    const path = this.#path;
    this.#path = [];
    this.rect(x, y, width, height);
    this.fill();
    this.#path = path;
  }

  /** Forgets all that was drawn: Chart.js clears its whole canvas before each drawing, and nothing else. */
  clearRect() {
    [this.#parts, this.#clips] = [[], []];
  }

  fillText(text: string, x: number, y: number) {
    this.#write(text, x, y, paint('fill', this.fillStyle, this.globalAlpha));
  }

  strokeText(text: string, x: number, y: number) {
    this.#write(text, x, y, `fill="none" ${this.#stroke()}`);
  }

  #write(text: string, x: number, y: number, look: string) {
    const [, weight, size, family] = /(?:(\d00|bold) )?([\d.]+)px (?:\/ ?\S+ )?(.*)$/.exec(this.font) ?? [];
    const down = (BASELINES[this.textBaseline] ?? 0) * Number(size ?? 10);
    const moved = this.#matrix.map(rounded).join(' ');
    const place = `x="${rounded(x)}" y="${rounded(y + down)}" transform="matrix(${moved})"`;
    const font = `font-family="${escaped(family ?? 'sans-serif')}" font-size="${size ?? 10}"${weight ? ` font-weight="${weight}"` : ''}`;
    const anchor = ANCHORS[this.textAlign] ? ` text-anchor="${ANCHORS[this.textAlign]}"` : '';
    this.#parts.push(`<text ${place} ${font}${anchor} ${look}>${escaped(text)}</text>`);
  }

  #stroke(): string {
    const dash = this.#dash.length ? ` stroke-dasharray="${this.#dash.join(' ')}"` : '';
    const width = rounded(this.lineWidth * this.#scale);
    return `${paint('stroke', this.strokeStyle, this.globalAlpha)} stroke-width="${width}" stroke-linejoin="${this.lineJoin}"${dash}`;
  }

  #draw(look: string) {
    if (this.#path.length === 0) return;
    const clip = this.#clip ? ` clip-path="url(#${this.#clip})"` : '';
    this.#parts.push(`<path d="${this.#path.join('')}" ${look}${clip}/>`);
  }

  #multiply([a, b, c, d, e, f]: Matrix) {
    const [A, B, C, D, E, F] = this.#matrix;
    this.#matrix = [
      ...[A * a + C * b, B * a + D * b, A * c + C * d, B * c + D * d],
      ...[A * e + C * f + E, B * e + D * f + F],
    ] as Matrix;
  }

  #at(x: number, y: number): string {
    const [a, b, c, d, e, f] = this.#matrix;
    return `${rounded(a * x + c * y + e)} ${rounded(b * x + d * y + f)}`;
  }

  /** How much longer a line becomes. */
  get #scale(): number {
    const [a, b, c, d] = this.#matrix;
    return Math.sqrt(Math.abs(a * d - b * c));
  }
}

const rounded = (value: number): number => Math.round(1e3 * value) / 1e3 || 0;

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign]);

/** `fill="rgb(1, 2, 3)" fill-opacity="0.5"`: opacity apart from the colour, because older programs read no rgba(). */
function paint(what: 'fill' | 'stroke', colour: unknown, alpha: number): string {
  const text = typeof colour === 'string' ? colour : 'none';
  const [, channels, own] = /^rgba\(([^()]+), ?([\d.]+)\)$/.exec(text) ?? [];
  const opacity = alpha * Number(own ?? 1);
  return `${what}="${escaped(channels ? `rgb(${channels})` : text)}"${opacity < 1 ? ` ${what}-opacity="${rounded(opacity)}"` : ''}`;
}
