/** One run as one HTML file: it loads nothing from anywhere, and shows nothing of the user's as markup. */
import type { BackendReport } from "@specloom/runtime/internal/contract-backend";
import { Drawer } from "./draw.ts";
import type { ForecastFacts, NumbersFacts, ReportFacts, SamplesFacts, ScoreFacts } from "./facts.ts";
import { forecastPlot } from "./forecast-plot.ts";
import { attentionMaps } from "./attention-map.ts";
import { confusionMap, heatMapPlot, type HeatMap } from "./heat-map.ts";
import { numbersPlot } from "./numbers-plot.ts";
import { stepErrorPlot } from "./step-errors.ts";
import { countOf } from "../data/wording.ts";
import { lossCurves } from "./loss-curves.ts";
import { html, Markup } from "./markup.ts";
import { rateCurve } from "./rate-curve.ts";
import { scoreCurves } from "./score-curves.ts";
import { STYLE } from "./style.ts";

export async function reportPage(facts: ReportFacts): Promise<string> {
  const { name, description, summary, notes, spec, backend } = facts;
  const drawer = new Drawer();
  const sections = [
    scoreSection(facts.scores),
    ...(facts.forecast === undefined ? [] : [await forecastSection(drawer, facts.forecast)]),
    ...(facts.numbers.length === 0 ? [] : [await numbersSection(drawer, facts.numbers)]),
    ...(facts.samples === undefined ? [] : [samplesSection(facts.samples)]),
    ...(await mapSection(drawer, "Classes", facts.confusion === undefined ? [] : [confusionMap(facts.confusion)])),
    ...(await mapSection(drawer, "Attention", facts.attention.flatMap(attentionMaps))),
    await lossSection(drawer, facts),
    backendSection(backend),
  ];
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <meta name="color-scheme" content="light dark" />
        <title>${name}: training report</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>${name}</h1>
          ${description === undefined ? "" : html`<p>${description}</p>`}
          <dl>
            ${summary.map(
              ([label, text]) =>
                html`<div>
                  <dt>${label}</dt>
                  <dd>${text}</dd>
                </div>`,
            )}
          </dl>
        </header>
        ${sections}
        ${
          notes.length === 0
            ? ""
            : html`<section>
                <h2>Notes</h2>
                <ul>
                  ${notes.map((note) => html`<li>${note}</li>`)}
                </ul>
              </section>`
        }
        <section>
          <h2>Spec</h2>
          <details open>
            <summary>Resolved: every default is written out</summary>
            <pre>${spec}</pre>
          </details>
        </section>
      </body>
    </html> `;
  return `${page.text.trim()}\n`;
}

function figure(drawing: Markup, caption: string): Markup {
  return html`<figure>
    <div class="drawing">${drawing}</div>
    <figcaption>${caption}</figcaption>
  </figure>`;
}

function scoreSection(scores: readonly ScoreFacts[]): Markup {
  const tables = scores.map(({ part, target, count, missing = 0, baseline, rows }) => {
    const lines = rows.map(({ title, formula, unit, better, model, naive, note }) => {
      const wins =
        model !== null &&
        naive !== null &&
        better !== "nominal" &&
        (better === "lower" ? model < naive : model > naive);
      return html`<tr>
        <th scope="row">${title}<small>${formula}</small></th>
        <td class="${wins ? "number good" : "number"}">${valueText(model, unit)}</td>
        <td class="number">${valueText(naive, unit)}</td>
        <td class="number">
          ${model === null || naive === null || naive === 0 ? "\u2013" : (model / naive).toFixed(2)}
        </td>
        <td>
          ${better === "nominal" ? "what the levels span is best" : `${better} is better`}${note === undefined ? "" : `; ${note}`}
        </td>
      </tr>`;
    });
    return html`<div class="scroll">
      <table>
        <caption>
          ${part} part, ${count} values of
          ${target}${missing === 0 ? "" : `; ${String(missing)} more are missing in the file and not scored`}. The naive
          baseline: ${baseline}.
        </caption>
        <thead>
          <tr>
            <th scope="col">metric</th>
            <th scope="col" class="number">model</th>
            <th scope="col" class="number">naive</th>
            <th scope="col" class="number">model / naive</th>
            <th scope="col"></th>
          </tr>
        </thead>
        <tbody>
          ${lines}
        </tbody>
      </table>
    </div>`;
  });
  return html`<section>
    <h2>Scores</h2>
    ${tables.length === 0 ? html`<p>Nothing was scored.</p>` : tables}
  </section>`;
}

function valueText(value: number | null, unit: string): string {
  if (value === null) return "\u2013";
  const size = Math.abs(value);
  const text =
    size !== 0 && (size >= 1e7 || size < 1e-4) ? value.toExponential(3) : String(Number(value.toPrecision(5)));
  return unit === "percent" ? `${text} %` : text;
}

async function forecastSection(drawer: Drawer, facts: ForecastFacts): Promise<Markup> {
  const { horizon, baseline, columns, left, levels } = facts;
  const ahead =
    horizon === 1
      ? "one row ahead, each from the true rows before it"
      : `${String(horizon)} rows ahead, windows side by side`;
  const figures: Markup[] = [];
  for (const [index, { name, errors, windows }] of columns.entries()) {
    const isForecast = windows.some(({ model }) => Array.from(model).some((value) => Number.isFinite(value)));
    const band =
      levels === undefined ? "" : `the quantiles from level ${String(levels.from)} to ${String(levels.to)} as a band`;
    const drawn = [...(isForecast ? ["the model's forecasts"] : []), ...(band === "" ? [] : [band])].join(" and ");
    const caption = `${name}, in the units of the file: the truth, ${drawn} ${ahead}, and the naive forecast (${baseline}).`;
    figures.push(figure(await drawer.draw(forecastPlot(facts, index), caption), caption));
    if (horizon === 1) continue;
    const perStep = `${name}: mean absolute error at each step of the horizon, over all windows of the test part.`;
    figures.push(figure(await drawer.draw(stepErrorPlot(errors, name), perStep), perStep));
  }
  return html`<section>
    <h2>Forecast</h2>
    ${figures}${left.map((text) => html`<p>${text}</p>`)}
  </section>`;
}

async function numbersSection(drawer: Drawer, targets: readonly NumbersFacts[]): Promise<Markup> {
  const figures: Markup[] = [];
  for (const facts of targets) {
    const { target, steps, examples, errors, baseline, left } = facts;
    const caption =
      steps > 1
        ? `${target}, ${countOf(examples.length, "example")} of the test part, as the model sees them: the truth and what the model gives.`
        : `${target}, ${countOf(examples.length, "example")} of the test part: a point on the dashed line is right.`;
    figures.push(
      figure(await drawer.draw(numbersPlot(facts), caption), `${caption}${left.map((text) => ` ${text}`).join("")}`),
    );
    if (errors === undefined) continue;
    const perStep = `${target}: mean absolute error at each step, over all examples of the test part; naive: ${baseline}.`;
    figures.push(figure(await drawer.draw(stepErrorPlot(errors, target), perStep), perStep));
  }
  return html`<section>
    <h2>Predictions</h2>
    ${figures}
  </section>`;
}

function samplesSection({ search, rows }: SamplesFacts): Markup {
  const hasSource = rows.some(({ source }) => source !== undefined);
  const line = ({ example, source, truth, written, score, complete }: SamplesFacts["rows"][number]): Markup => {
    const isRight = truth.length === written.length && truth.every((token, index) => token === written[index]);
    return html`<tr>
      <th scope="row">${example}</th>
      ${hasSource ? html`<td>${(source ?? []).join(" ")}</td>` : ""}
      <td>${truth.join(" ")}</td>
      <td class="${isRight ? "good" : ""}">${written.join(" ")}${complete ? "" : " \u2026"}</td>
      <td class="number">${score.toPrecision(4)}</td>
    </tr>`;
  };
  return html`<section>
    <h2>Written</h2>
    <div class="scroll">
      <table>
        <caption>
          Examples of the test part, as tokens: what was to be written, and what the model wrote (${search}). …: cut at
          the greatest length.
        </caption>
        <thead>
          <tr>
            <th scope="col">example</th>
            ${hasSource ? html`<th scope="col">source</th>` : ""}
            <th scope="col">truth</th>
            <th scope="col">written</th>
            <th scope="col" class="number">score</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(line)}
        </tbody>
      </table>
    </div>
  </section>`;
}

async function mapSection(drawer: Drawer, title: string, maps: readonly HeatMap[]): Promise<readonly Markup[]> {
  if (maps.length === 0) return [];
  const figures: Markup[] = [];
  for (const map of maps) figures.push(figure(await drawer.draw(heatMapPlot(map), map.caption), map.caption));
  return [
    html`<section>
      <h2>${title}</h2>
      ${figures}
    </section>`,
  ];
}

async function lossSection(drawer: Drawer, { log, bestEpoch, kept }: ReportFacts): Promise<Markup> {
  if (log.length === 0)
    return html`<section>
      <h2>Training</h2>
      <p>No epoch was trained.</p>
    </section>`;
  const validated = log.some(({ validation_loss: loss }) => loss !== null);
  const smoothing = log.find(({ label_smoothing: share }) => share !== undefined)?.label_smoothing;
  const caption =
    "The loss per epoch, on the scale that the model sees. Training: mean over the epoch's updates, each before it was made." +
    (validated ? " Validation: after the epoch's last update." : "") +
    (smoothing === undefined ? "" : ` Both with label smoothing of ${String(smoothing)}.`) +
    (kept === undefined ? "" : ` ${kept.charAt(0).toUpperCase()}${kept.slice(1)}.`);
  const scores = scoreCurves(log, bestEpoch);
  const scoreFigures: Markup[] = [];
  for (const { specification, caption: text } of scores)
    scoreFigures.push(figure(await drawer.draw(specification, text), text));
  const rates = rateCurve(log);
  const rateCaption = "The learning rate of each epoch's last update, as the schedule gave it.";
  return html`<section>
    <h2>Training</h2>
    ${figure(await drawer.draw(lossCurves(log, bestEpoch), caption), caption)} ${scoreFigures}
    ${rates === undefined ? "" : figure(await drawer.draw(rates, rateCaption), rateCaption)}
  </section>`;
}

function backendSection(report: BackendReport): Markup {
  const rows: (readonly [string, string])[] = [
    ["asked for", report.requested],
    ["ran", report.backend],
    [report.backend === "wasm" ? "instructions" : "executor of gpu.js", report.executorKind ?? "\u2013"],
    ["adapter", report.adapter ?? "\u2013"],
    [
      "kind",
      report.software ? "software: it computes on the CPU" : report.adapter === null ? "the CPU" : "a real device",
    ],
    ["why", report.reason],
    ["fell back", report.fallbackReason ?? "no"],
  ];
  return html`<section>
    <h2>What ran</h2>
    <table>
      <tbody>
        ${rows.map(
          ([label, text]) =>
            html`<tr>
              <th scope="row">${label}</th>
              <td>${text}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
