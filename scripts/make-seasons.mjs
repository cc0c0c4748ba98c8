// Makes specs/data/seasons.json out of the daily minimum temperatures of Melbourne, 1981-1990 (a CSV with columns Date,
// Temp, see specs/data/README.md): usage: node scripts/make-seasons.mjs daily-min-temperatures.csv
// Example: fifteen days that follow one another, none of them in another example, in tens of degrees Celsius. Label: the
// season of the middle day, 0 summer (December to February), 1 autumn, 2 winter, 3 spring.
import { readFileSync, writeFileSync } from "node:fs";

const days = readFileSync(process.argv[2], "utf8")
  .trim()
  .split(/\r?\n/)
  .slice(1)
  .map((line) => {
    const [date, temperature] = line.replaceAll('"', "").split(",");
    return { month: Number(date.split("-")[1]), temperature: Number(temperature) };
  });
const length = 15;
const temperatures = [];
const season = [];
for (let start = 0; start + length <= days.length; start += length) {
  const window = days.slice(start, start + length);
  temperatures.push(window.map(({ temperature }) => [Number((temperature / 10).toFixed(2))]));
  season.push(Math.floor((window[(length - 1) / 2].month % 12) / 3));
}
writeFileSync(new URL("../specs/data/seasons.json", import.meta.url), `${JSON.stringify({ temperatures, season })}\n`);
