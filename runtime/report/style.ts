/** The look of a report. */
export const STYLE = `
:root { color: #1f2933; background: #f5f7fa; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
body { max-width: 940px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; }
h2 { margin: 0 0 12px; font-size: 18px; }
header p { margin: 8px 0 0; color: #52606d; }
dl { display: flex; flex-wrap: wrap; gap: 12px 32px; margin: 20px 0 0; }
dt { color: #616e7c; font-size: 12px; text-transform: uppercase; letter-spacing: 0.04em; }
dd { margin: 0; font-weight: 600; }
section { margin-top: 24px; padding: 20px 24px; background: #fff; border: 1px solid #e4e7eb; border-radius: 8px; }
table { width: 100%; border-collapse: collapse; }
table + table { margin-top: 24px; }
caption { margin-bottom: 8px; color: #52606d; text-align: left; }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid #e4e7eb; text-align: left; vertical-align: top; }
thead th { color: #616e7c; font-size: 12px; }
th small { display: block; color: #616e7c; font-weight: 400; }
tbody th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: #0b6e4f; font-weight: 700; }
figure { margin: 0; }
figure + figure { margin-top: 24px; }
.drawing { overflow-x: auto; }
.drawing svg { display: block; max-width: 100%; height: auto; }
figcaption { margin-top: 8px; color: #52606d; font-size: 13px; }
pre { overflow-x: auto; margin: 12px 0 0; padding: 16px; background: #f5f7fa; border-radius: 6px; font: 13px/1.45 ui-monospace, Menlo, Consolas, monospace; }
summary { color: #52606d; cursor: pointer; }
@media print { :root { background: #fff; } section { break-inside: avoid; } }
`.trim();
