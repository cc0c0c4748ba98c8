/**
 * ESLint rule: nobody digs in the resolved spec. It is JSON for people, and to compile again: what a program needs to know of it are
 * facts that stand beside it in the module's definition, made by the records that know what a key means.
 */
import ts from "typescript";

export const factsNotSpec = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      read: "The resolved spec is not read: a fact of the definition (losses, training, metrics, data, decode ...) says what is meant.",
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const checker = services.program.getTypeChecker();
    const isNamedSpec = (node) =>
      (node.type === "Identifier" && node.name === "spec") ||
      (node.type === "MemberExpression" && !node.computed && node.property.name === "spec");
    // A type of its own, as the compiler's `Spec` has it, is no JSON.
    const isText = ({ keyType }) => (keyType.flags & ts.TypeFlags.String) !== 0;
    const isJson = (node) => checker.getIndexInfosOfType(services.getTypeAtLocation(node)).some(isText);
    const isSpec = (node) => node?.type !== undefined && isNamedSpec(node) && isJson(node);
    const report = (node) => context.report({ node, messageId: "read" });
    return {
      MemberExpression(node) {
        if (isSpec(node.object)) report(node);
      },
      "VariableDeclarator[id.type='ObjectPattern']"(node) {
        if (isSpec(node.init)) report(node);
      },
      "ObjectPattern > Property[key.name='spec'][value.type='ObjectPattern']"(node) {
        if (isJson(node.value)) report(node);
      },
      "CallExpression[callee.name='memberOf']"(node) {
        if (isSpec(node.arguments[0])) report(node);
      },
    };
  },
};
