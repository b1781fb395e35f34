/** A count in the reader's digits, with a plus where the server stopped counting. */
export function totalText(total: number, isExact: boolean, locale: string): string {
  return new Intl.NumberFormat(locale).format(total) + (isExact ? '' : '+')
}
