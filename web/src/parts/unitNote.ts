/** What is to be known of a variable whose number is not in the unit that its module declares; "" where there is nothing. */
export function unitNote(variable: string, unit: string): string {
  return variable === "RAIN_RATE" && unit === "m" ? "CFE declares RAIN_RATE in m; its revision 6d08db7, which runs unless another is chosen, gives it in mm/h." : "";
}
