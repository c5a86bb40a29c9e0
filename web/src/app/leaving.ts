import { router } from "./routes";

/** Whether another page is on its way: what is only noted in the address would take its place, and the click be lost. */
export function isLeaving(): boolean {
  const { location, navigation } = router.state;
  return navigation.location !== undefined && navigation.location.pathname !== location.pathname;
}
