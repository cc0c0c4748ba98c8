/** Whether two texts of a module differ in nothing but how they are laid out, as a formatter leaves them. */
import { ts } from "ts-morph";

export function isSameCode(found: string, expected: string): boolean {
  if (found === expected) return true;
  // Comments say which spec a module is of: they count too, without their line breaks.
  if (commentWords(found) !== commentWords(expected)) return false;
  return isSameNode(parsed(found), parsed(expected));
}

function parsed(text: string): ts.Node {
  return ts.createSourceFile("module.ts", text, ts.ScriptTarget.ES2022, false, ts.ScriptKind.TS);
}

/** Parentheses are a matter of layout: what they hold together is told by the tree. */
function isSameNode(left: ts.Node, right: ts.Node): boolean {
  const [first, second] = [withoutParentheses(left), withoutParentheses(right)];
  if (first.kind !== second.kind || ownText(first) !== ownText(second)) return false;
  const [children, others] = [childrenOf(first), childrenOf(second)];
  return (
    children.length === others.length &&
    children.every((child, index) => {
      const other = others[index];
      return other !== undefined && isSameNode(child, other);
    })
  );
}

function withoutParentheses(node: ts.Node): ts.Node {
  if (ts.isParenthesizedExpression(node)) return withoutParentheses(node.expression);
  return ts.isParenthesizedTypeNode(node) ? withoutParentheses(node.type) : node;
}

function childrenOf(node: ts.Node): readonly ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  return children;
}

/** What a node says beside its kind and its children. */
function ownText(node: ts.Node): string {
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) return String(node.operator);
  if (ts.isTypeOperatorNode(node)) return String(node.operator);
  if (ts.isVariableDeclarationList(node)) return String(node.flags & ts.NodeFlags.BlockScoped);
  if (ts.isNumericLiteral(node)) return String(Number(node.text));
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node) || ts.isLiteralExpression(node)) return node.text;
  return ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node) ? node.text : "";
}

function commentWords(text: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.ES2022, false, ts.LanguageVariant.Standard, text);
  const words: string[] = [];
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    const isComment = token === ts.SyntaxKind.SingleLineCommentTrivia || token === ts.SyntaxKind.MultiLineCommentTrivia;
    if (isComment) words.push(scanner.getTokenText().replace(/[\s*]+/g, ""));
  }
  return words.join("\n");
}
