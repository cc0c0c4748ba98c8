/**
 * ESLint rule: text is not looked up in a plain object. Every object inherits `constructor`, `toString` and the like, so
 * `table[name]` and `name in table` find something under names that nobody put there, and `table["__proto__"] = x` puts
 * nothing there at all. `memberOf(table, name)`, a `Map` and `Object.fromEntries` do what is meant.
 */
import ts from "typescript";

const inherited = Object.getOwnPropertyNames(Object.prototype);

export const ownNames = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      read: "`record[name]` finds what every object inherits: write `memberOf(record, name)`, or use a Map.",
      write:
        "`record[name] = ...` does not keep `__proto__`: use `Object.fromEntries`, a Map, or `setMember(record, name, value)`.",
      within: "`name in record` is true of what every object inherits: write `Object.hasOwn(record, name)`.",
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const isLiteral = ({ type, expressions = [] }) =>
      type === "Literal" || type === "PrivateIdentifier" || (type === "TemplateLiteral" && expressions.length === 0);
    const isText = (type) => {
      if (type.isUnion()) return type.types.some(isText);
      if ((type.flags & ts.TypeFlags.TemplateLiteral) === 0) return (type.flags & ts.TypeFlags.String) !== 0;
      // Put together of parts that are none of theirs it cannot be one of them: `context.lengths`.
      const pattern = type.texts.map((text) => text.replace(/\W/gu, "\\$&")).join(".*");
      return inherited.some((name) => new RegExp(`^${pattern}$`).test(name));
    };
    const isAnyText = (node) => !isLiteral(node) && isText(services.getTypeAtLocation(node));
    return {
      MemberExpression(node) {
        if (!node.computed || !isAnyText(node.property)) return;
        const isWritten = node.parent.type === "AssignmentExpression" && node.parent.left === node;
        context.report({ node, messageId: isWritten ? "write" : "read" });
      },
      "ObjectPattern > Property[computed=true]"(node) {
        if (isAnyText(node.key)) context.report({ node, messageId: "read" });
      },
      "BinaryExpression[operator='in']"(node) {
        if (isAnyText(node.left)) context.report({ node, messageId: "within" });
      },
    };
  },
};
