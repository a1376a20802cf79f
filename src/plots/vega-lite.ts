/** A complete Vega-Lite 6 specification with its data inline. */
export type VegaLite = Readonly<Record<string, unknown>>;

/** Middle tones, which can be read on a light and on a dark ground. */
export const colors = { first: '#3b82c4', second: '#d9793d', third: '#4f9d69', text: '#848a94' };

/** Fainter by an opacity of their own: not everything that draws SVG knows colours with one. */
const lines = {
  gridColor: colors.text,
  gridOpacity: 0.3,
  domainColor: colors.text,
  domainOpacity: 0.5,
  tickColor: colors.text,
  tickOpacity: 0.5,
};

const words = { labelColor: colors.text, titleColor: colors.text };

/** `title` says in words what is seen; `view` is a mark with its encoding, layers, or panels. */
export function vegaLite(title: string | readonly string[], values: readonly object[], view: VegaLite): VegaLite {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: title, anchor: 'start' },
    data: { values },
    ...view,
    config: {
      background: 'transparent',
      view: { stroke: null },
      title: { color: colors.text, subtitleColor: colors.text },
      axis: { ...words, ...lines },
      legend: words,
      header: words,
      text: { color: colors.text },
    },
  };
}

/** Width of a chart with a mark for each of so many values, in pixels. */
export const widthFor = (count: number, each: number): number => Math.min(900, Math.max(200, count * each));

/** Names as an axis has room for them: without the path that all of them share, such as `StatefulPartitionedCall/model/`. */
export function withoutSharedPath(names: readonly string[]): string[] {
  const [first = '', ...others] = names;
  if (others.length === 0) return [...names];
  const shared = others.reduce((length, name) => sharedLength(first.slice(0, length), name), first.length);
  const end = first.slice(0, shared).lastIndexOf('/') + 1;
  return names.map((name) => name.slice(end));
}

function sharedLength(first: string, second: string): number {
  let length = 0;
  while (length < first.length && first[length] === second[length]) length++;
  return length;
}
