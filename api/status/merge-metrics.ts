/**
 * One Prometheus text of many: families are merged under one HELP and one TYPE line each, as the format demands.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function mergeMetrics(texts: string[]): string {
  const families = new Map<string, { header: string[]; samples: string[] }>();
  for (const text of texts) {
    let family: { header: string[]; samples: string[] } | undefined;
    for (const line of text.split('\n')) {
      const name = line.match(/^# (?:HELP|TYPE) (\S+)/)?.[1];
      if (name === undefined) {
        if (line && !line.startsWith('#')) family?.samples.push(line);
        continue;
      }
      family = families.get(name) ?? { header: [], samples: [] };
      families.set(name, family);
      const kind = line.slice(0, 6);
      if (!family.header.some((known) => known.startsWith(kind))) family.header.push(line);
    }
  }
  const blocks = [...families.values()].map(({ header, samples }) => [...header, ...samples].join('\n'));
  return `${blocks.join('\n')}\n`;
}
