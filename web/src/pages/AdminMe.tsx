import type { components } from "../api/schema";
import { moment } from "../parts/format";
import { rightsOf } from "./adminRights";

export type Me = components["schemas"]["Me"];

/** Who is signed in, and what they may. */
export function AdminMe({ me }: { me: Me }) {
  return (
    <section className="card stack">
      <h2>Who I am</h2>
      <dl className="facts">
        <div>
          <dt>user</dt>
          <dd>{me.user}</dd>
        </div>
        <div>
          <dt>role</dt>
          <dd>{me.role}</dd>
        </div>
        <div>
          <dt>this token</dt>
          <dd>
            <code>{me.token}</code>
          </dd>
        </div>
        <div>
          <dt>valid until [UTC]</dt>
          <dd>{me.expires ? moment(me.expires) : "without end"}</dd>
        </div>
      </dl>
      <h3>What I may</h3>
      <ul className="admin-rights">
        {rightsOf(me.permissions).map((right) => (
          <li key={right.thing}>
            <strong>{right.thing}</strong> <span className="soft">{right.acts.join(", ")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
