/** Finds in one value of a type: arrays, JSON and XML are read as what they hold, and finds are told where they stand in the value. */
import type { Text } from './bytes.ts';
import type { ValueForm } from './form.ts';
import type { HitSink } from './hit.ts';
import type { DetectorKind } from './kinds.ts';
import { JsonPlaces, type Place, XmlPlaces } from './place.ts';
import type { Scanner } from './scan.ts';
import { isEscaped, type Layer, Unescaped } from './unescape.ts';

/** [from, to) are bytes of the value. */
export type ValueSink = { found(kind: DetectorKind, range: { from: number; to: number; place: Place }): void };

const comma = 0x2c;
const quote = 0x22;
const backslash = 0x5c;
const brace = 0x7b;
const closingBrace = 0x7d;

/** Shared by all: one value is read at a time, and nothing of it stays. */
const arrayLayer = new Unescaped();
const innerLayer = new Unescaped();
const nothing: Text = { bytes: Buffer.alloc(0), start: 0, end: 0 };

/** Reads values one after another. Plans are kept for long, so it holds on to no value. */
export class ValueReader implements HitSink {
  readonly #form: ValueForm;
  readonly #isBinary: boolean;
  #isArrayEscaped = false;
  #isInnerEscaped = false;
  #places: JsonPlaces | XmlPlaces | null = null;
  #body = nothing;
  #sink: ValueSink | null = null;

  constructor(form: ValueForm, format: 0 | 1) {
    this.#form = form;
    this.#isBinary = format === 1;
  }

  read(text: Text, scanner: Scanner, sink: ValueSink): void {
    this.#sink = sink;
    if (!this.#form.isArray) this.#element(text, scanner, false);
    else if (this.#isBinary) this.#binaryArray(text, scanner);
    else this.#textArray(text, scanner);
    this.#sink = null;
    this.#places = null;
    this.#body = nothing;
    arrayLayer.release();
    innerLayer.release();
  }

  found(kind: DetectorKind, from: number, to: number): void {
    const inner = this.#isInnerEscaped ? { from: innerLayer.origin(from), to: innerLayer.origin(to) } : { from, to };
    const place = this.#placeOf(inner.from);
    const outer = this.#isArrayEscaped
      ? { from: arrayLayer.origin(inner.from), to: arrayLayer.origin(inner.to) }
      : inner;
    this.#sink?.found(kind, { ...outer, place });
  }

  /** `hasEscapes`: of the array around it. */
  #element(source: Text, scanner: Scanner, hasEscapes: boolean): void {
    this.#isArrayEscaped = hasEscapes;
    if (hasEscapes) arrayLayer.read(source, 'array');
    const text = hasEscapes ? arrayLayer.text : source;
    const { kind, prefix } = this.#form;
    this.#body = prefix === 0 ? text : { bytes: text.bytes, start: text.start + prefix, end: text.end };
    this.#places = null;
    const layer: Layer | null = kind === 'json' || kind === 'xml' ? kind : null;
    this.#isInnerEscaped = layer !== null && isEscaped(this.#body, layer);
    if (layer !== null && this.#isInnerEscaped) innerLayer.read(this.#body, layer);
    scanner.scan(this.#isInnerEscaped ? innerLayer.text : this.#body, this);
  }

  /** Made at the first find: most values have none. */
  #placeOf(position: number): Place {
    const { kind } = this.#form;
    if (kind !== 'json' && kind !== 'xml') return 'text';
    this.#places ??= kind === 'json' ? new JsonPlaces(this.#body) : new XmlPlaces(this.#body);
    return this.#places.of(position);
  }

  /** `{a,"b \"c\"",{d}}`, perhaps with its bounds before it. */
  #textArray(text: Text, scanner: Scanner): void {
    const { bytes, end } = text;
    let at = text.start;
    while (at < end && bytes[at] !== brace) at += 1;
    while (at < end) {
      const byte = bytes[at];
      if (byte === brace || byte === closingBrace || byte === comma) {
        at += 1;
        continue;
      }
      const isQuoted = byte === quote;
      const start = isQuoted ? at + 1 : at;
      const element = elementEnd(text, start, isQuoted);
      this.#element({ bytes, start, end: element.at }, scanner, element.hasEscapes);
      at = isQuoted ? element.at + 1 : element.at;
    }
  }

  /** Dimensions, whether there are NULLs, the element type, bounds; then length and value of each element (array_send). */
  #binaryArray({ bytes, start, end }: Text, scanner: Scanner): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (end - start < 12) return;
    let at = start + 12 + view.getInt32(start) * 8;
    while (at >= start && at + 4 <= end) {
      const length = view.getInt32(at);
      at += 4;
      if (length < 0) continue;
      if (at + length > end) return;
      this.#element({ bytes, start: at, end: at + length }, scanner, false);
      at += length;
    }
  }
}

function elementEnd({ bytes, end }: Text, start: number, isQuoted: boolean): { at: number; hasEscapes: boolean } {
  let hasEscapes = false;
  let at = start;
  for (; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === backslash) {
      hasEscapes = true;
      at += 1;
    } else if (isQuoted ? byte === quote : byte === comma || byte === closingBrace) break;
  }
  return { at: Math.min(at, end), hasEscapes };
}
