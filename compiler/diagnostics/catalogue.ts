/** Every diagnostic code once, with a typed function that gives its words. Codes are stable: scripts may rely on them. */
import { cellCodes } from "./catalogue/cells.ts";
import { dataCodes } from "./catalogue/data.ts";
import { keyCodes } from "./catalogue/keys.ts";
import { meaningCodes } from "./catalogue/meaning.ts";
import { textCodes } from "./catalogue/text.ts";

export const catalogue = { ...textCodes, ...keyCodes, ...meaningCodes, ...dataCodes, ...cellCodes };

export type DiagnosticCode = keyof typeof catalogue;

/** What the words of a code are made of. */
export type DiagnosticFacts<C extends DiagnosticCode> =
  Parameters<(typeof catalogue)[C]> extends [infer Facts] ? Facts : undefined;
