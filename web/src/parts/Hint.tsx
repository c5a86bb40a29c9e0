import { Link, useInRouterContext } from "react-router";
import { placeOf } from "./hintPlace";

/** What to do about something, in the server's words; where those name a command, the page that does the same. */
export function Hint({ text }: { text: string }) {
  const isWithin = useInRouterContext();
  const place = isWithin ? placeOf(text) : null;
  return (
    <>
      {text}
      {place && (
        <>
          {" "}
          (here: <Link to={place.address}>{place.name}</Link>)
        </>
      )}
    </>
  );
}
