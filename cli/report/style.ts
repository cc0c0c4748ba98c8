/** The look of a report, in light and in dark, on paper and on a telephone. */
export const STYLE = `
:root { --ink: #1f2933; --muted: #52606d; --page: #f5f7fa; --surface: #fff; --line: #e4e7eb; --quiet: #7b8794; --model: #0072b2; --naive: #d55e00; --good: #0b6e4f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --muted: #a9b4c0; --page: #12181f; --surface: #1b232c; --line: #36424f; --quiet: #8b98a5; --model: #56b4e9; --naive: #f0884a; --good: #4fd1a5; }
}
:root { color: var(--ink); background: var(--page); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
body { max-width: 940px; margin: 0 auto; padding: 32px 24px 64px; overflow-wrap: break-word; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; }
h2 { margin: 0 0 12px; font-size: 18px; }
header p { margin: 8px 0 0; color: var(--muted); }
dl { display: flex; flex-wrap: wrap; gap: 12px 32px; margin: 20px 0 0; }
dt { color: var(--muted); font-size: 12px; text-transform: uppercase; letter-spacing: 0.04em; }
dd { margin: 0; font-weight: 600; }
section { margin-top: 24px; padding: 20px 24px; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
table { width: 100%; border-collapse: collapse; }
.scroll { overflow-x: auto; }
.scroll + .scroll { margin-top: 24px; }
caption { margin-bottom: 8px; color: var(--muted); text-align: left; }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--muted); font-size: 12px; }
th small { display: block; color: var(--muted); font-weight: 400; }
tbody th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: var(--good); font-weight: 700; }
figure { margin: 0; }
figure + figure { margin-top: 24px; }
.drawing { overflow-x: auto; }
.drawing svg { display: block; max-width: 100%; height: auto; }
.drawing image { image-rendering: pixelated; }
figcaption { margin-top: 8px; color: var(--muted); font-size: 13px; }
pre { overflow-x: auto; margin: 12px 0 0; padding: 16px; background: var(--page); border-radius: 6px; font: 13px/1.45 ui-monospace, Menlo, Consolas, monospace; }
summary { color: var(--muted); cursor: pointer; }
@media (max-width: 700px) {
  body { padding: 16px 12px 48px; }
  section { padding: 16px 12px; }
  /* A drawing keeps letters that can be read, and is moved under the finger. */
  .drawing svg { max-width: none; }
}
@media print { :root { background: #fff; } section { break-inside: avoid; } }
`.trim();
