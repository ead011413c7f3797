import ts from "typescript";

/**
 * @param {ts.Node} node
 * @param {(node: ts.Node) => void} visit
 */
export function walk(node, visit) {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

/**
 * What a package says of itself: calls of its functions by name (methods with a dot before it), and the object literals that carry a code.
 * @typedef {{ calls: Map<string, ts.NodeArray<ts.Expression>[]>, problems: ts.ObjectLiteralExpression[] }} Scope
 */

/**
 * The texts an expression may come to, with … for what only running it would tell.
 * @param {ts.Expression | undefined} expression
 * @returns {string[]}
 */
export function textsOf(expression) {
  if (expression === undefined) return [];
  if (ts.isStringLiteralLike(expression)) return [expression.text];
  if (ts.isTemplateExpression(expression))
    return [expression.head.text + expression.templateSpans.map((span) => `…${span.literal.text}`).join("")];
  if (ts.isParenthesizedExpression(expression)) return textsOf(expression.expression);
  if (ts.isConditionalExpression(expression))
    return [...textsOf(expression.whenTrue), ...textsOf(expression.whenFalse)];
  if (ts.isBinaryExpression(expression)) {
    const left = textsOf(expression.left);
    const right = textsOf(expression.right);
    if (expression.operatorToken.kind !== ts.SyntaxKind.PlusToken) return [...left, ...right];
    return left.flatMap((start) => right.map((end) => start + end));
  }
  if (ts.isElementAccessExpression(expression)) return valuesOf(expression.expression);
  const constant = ts.isIdentifier(expression) ? constantOf(expression) : undefined;
  return constant === undefined ? ["…"] : textsOf(constant);
}

/**
 * Every text in a table: an object that was declared as a constant.
 * @param {ts.Expression} table
 */
function valuesOf(table) {
  const object = ts.isIdentifier(table) ? constantOf(table) : undefined;
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return ["…"];
  return object.properties.flatMap((one) => (ts.isPropertyAssignment(one) ? textsOf(one.initializer) : ["…"]));
}

/**
 * What a name was declared as, in the blocks around it.
 * @param {ts.Identifier} name
 */
function constantOf(name) {
  for (let node = name.parent; node !== undefined; node = node.parent) {
    if (!ts.isBlock(node) && !ts.isSourceFile(node)) continue;
    for (const statement of node.statements)
      if (ts.isVariableStatement(statement))
        for (const { name: declared, initializer } of statement.declarationList.declarations)
          if (declared.getText() === name.text) return initializer;
  }
  return undefined;
}

/**
 * Whether a name was taken out of an object (`const { code } = error`): it is handed on, not made here.
 * @param {ts.Expression | undefined} name
 */
export function isTakenFromObject(name) {
  if (name === undefined || !ts.isIdentifier(name)) return false;
  const block = ts.findAncestor(name, ts.isBlock);
  return (block?.statements ?? []).some(
    (statement) =>
      ts.isVariableStatement(statement) &&
      statement.declarationList.declarations.some(
        ({ name: declared }) =>
          ts.isObjectBindingPattern(declared) && declared.elements.some((one) => one.name.getText() === name.text),
      ),
  );
}

/**
 * The calls of the function that has `name` as a parameter: for each, what stands for a parameter's name there.
 * Undefined: not a parameter, or nobody calls the function by its name.
 * @param {ts.Expression} name
 * @param {Scope} scope
 */
export function callsWith(name, scope) {
  if (!ts.isIdentifier(name)) return undefined;
  const called = ts.findAncestor(name, (node) => {
    if (!ts.isFunctionLike(node)) return false;
    return node.parameters.some((parameter) => parameter.name.getText() === name.text);
  });
  if (called === undefined || !ts.isFunctionLike(called)) return undefined;
  const calls = scope.calls.get(nameOfFunction(called) ?? "");
  return calls?.map((given) => (/** @type {ts.Expression | undefined} */ expression) => {
    if (expression === undefined || !ts.isIdentifier(expression)) return expression;
    const index = called.parameters.findIndex((parameter) => parameter.name.getText() === expression.text);
    return index === -1 ? expression : (given[index] ?? called.parameters[index]?.initializer);
  });
}

/** @param {ts.SignatureDeclaration} node */
export function nameOfFunction(node) {
  if (node.name !== undefined) return ts.isFunctionDeclaration(node) ? node.name.getText() : `.${node.name.getText()}`;
  return ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : undefined;
}

/** @param {readonly ts.SourceFile[]} files of one package */
export function scopeOf(files) {
  /** @type {Scope} */
  const scope = { calls: new Map(), problems: [] };
  for (const file of files)
    walk(file, (node) => {
      if (ts.isObjectLiteralExpression(node) && propertyOf(node, "code") !== undefined) scope.problems.push(node);
      if (!ts.isCallExpression(node)) return;
      const { expression } = node;
      const name = ts.isPropertyAccessExpression(expression) ? `.${expression.name.text}` : expression.getText();
      scope.calls.set(name, [...(scope.calls.get(name) ?? []), node.arguments]);
    });
  return scope;
}

/**
 * @param {ts.Expression | undefined} object
 * @param {string} name
 * @returns {ts.Expression | undefined}
 */
export function propertyOf(object, name) {
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined;
  const property = object.properties.find((one) => one.name?.getText() === name);
  if (property === undefined) return undefined;
  if (ts.isShorthandPropertyAssignment(property)) return property.name;
  return ts.isPropertyAssignment(property) ? property.initializer : undefined;
}
