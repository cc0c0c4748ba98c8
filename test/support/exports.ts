/** Which values a module exports, and which of other modules it uses. */
import ts from "typescript";
import { importedFile } from "./import-walk.ts";

/** Names of exported functions, classes, constants and enums; types and what is only passed on are not among them. */
export function exportedValues(file: string, text: string): readonly string[] {
  return parsed(file, text).statements.flatMap((statement) => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    if (!isExported) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
    }
    const isValue =
      ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement);
    return isValue && statement.name !== undefined ? [statement.name.text] : [];
  });
}

/** What is imported by name, as `file#name`; `file#*` stands for all of a file. */
export function usedValues(file: string, text: string): readonly string[] {
  const target = (specifier: ts.Node | undefined): string =>
    specifier !== undefined && ts.isStringLiteralLike(specifier) ? importedFile(file, specifier.text) : "";
  const used: string[] = [];
  const loadsLater = text.includes("import(");
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const from = target(node.moduleSpecifier);
      const clause = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
      if (clause !== undefined && (ts.isNamedImports(clause) || ts.isNamedExports(clause))) {
        for (const { name, propertyName } of clause.elements) used.push(`${from}#${(propertyName ?? name).text}`);
      } else if (node.moduleSpecifier !== undefined) used.push(`${from}#*`);
    }
    // Whoever loads a module later takes it apart by names that are not written here.
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      used.push(`${target(node.arguments[0])}#*`);
    if (loadsLater || ts.isSourceFile(node)) ts.forEachChild(node, visit);
  };
  visit(parsed(file, text));
  return used;
}

function parsed(file: string, text: string): ts.SourceFile {
  const options = { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  return ts.createSourceFile(file, text, options);
}
