// Printing a receipt: the paper's size is a rule of the document, and only the receipt is on it.

const RULE = `@page { size: 80mm auto; margin: 0 }
@media print {
  body * { visibility: hidden }
  .receipt, .receipt * { visibility: visible }
  .receipt { position: fixed; top: 0; left: 0; width: 76mm }
}`;

export function printReceipt(): void {
  const rule = document.createElement('style');
  rule.textContent = RULE;
  document.head.append(rule);
  window.print();
  rule.remove();
}
