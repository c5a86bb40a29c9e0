import { useQuery } from "@tanstack/react-query";
import { api, got } from "../api/client";
import type { components } from "../api/schema";
import { Field } from "../parts/Field";
import { bytes, count } from "../parts/format";
import type { Form } from "./newDraft";
import { type Fault, faultAt } from "./newFaults";
import { amountAt, numberOrText, textAt } from "./newRequest";

type Node = components["schemas"]["NodeShown"];

interface Room {
  name: string;
  nodes: number;
  cpus: number;
  cpusFree: number;
  memory: number;
  memoryFree: number;
}

/** What the nodes of each executor have, and what of it is free. */
export function roomsOf(nodes: Node[]): Room[] {
  const found = new Map<string, Room>();
  for (const node of nodes) {
    if (!node.is_ready) continue;
    const room = found.get(node.executor) ?? { name: node.executor, nodes: 0, cpus: 0, cpusFree: 0, memory: 0, memoryFree: 0 };
    room.nodes += 1;
    room.cpus += node.cpus;
    room.cpusFree += Math.max(node.cpus - node.cpus_taken, 0);
    room.memory += node.memory;
    room.memoryFree += Math.max(node.memory - node.memory_taken, 0);
    found.set(node.executor, room);
  }
  return [...found.values()];
}

export function useNodes() {
  return useQuery({ queryKey: ["jobs", "nodes"], queryFn: () => got(api.GET("/v1/nodes")), refetchInterval: 15_000 });
}

export function NewResourcesStep({ form, faults, estimated }: { form: Form; faults: Fault[]; estimated: number | undefined }) {
  const { request, set } = form;
  const rooms = roomsOf(useNodes().data ?? []);
  const executor = textAt(request, "executor");
  const chosen = rooms.find((room) => room.name === (executor || "local"));
  return (
    <section className="card stack new-step" id="resources" aria-labelledby="resources-title">
      <h2 id="resources-title">Executor and resources</h2>
      <Field
        label="Executor"
        fault={faultAt(faults, "executor")}
        hint={
          chosen
            ? `${count(chosen.cpusFree)} of ${count(chosen.cpus)} CPUs and ${bytes(chosen.memoryFree)} of ${bytes(chosen.memory)} are free, on ${chosen.nodes} ${chosen.nodes === 1 ? "node" : "nodes"}`
            : "where it runs; left out, the server’s settings say"
        }
      >
        {(props) => (
          <select {...props} value={executor} onChange={(event) => set("executor", event.target.value)}>
            <option value="">as the server’s settings say</option>
            {executor && !rooms.some((room) => room.name === executor) && <option>{executor}</option>}
            {rooms.map((room) => (
              <option key={room.name} value={room.name}>
                {room.name} ({count(room.cpusFree)} CPUs free)
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="new-four">
        <Text form={form} faults={faults} path="resources.cpus" label="CPUs" example="1" isNumber />
        <Text
          form={form}
          faults={faults}
          path="resources.memory"
          label="Memory"
          example={estimated ? bytes(estimated) : "4 GB"}
          hint="estimated if left out"
        />
        <Text form={form} faults={faults} path="resources.time" label="Longest time" example="24h" hint="2h, 90 min" />
        <Text form={form} faults={faults} path="partitions" label="Partitions" example="1" hint="parts, run side by side" isNumber />
      </div>
    </section>
  );
}

interface TextGiven {
  form: Form;
  faults: Fault[];
  path: string;
  label: string;
  example?: string;
  hint?: string;
  isNumber?: boolean;
}

/** A line of text, or a whole number, at a path of the request. */
export function Text({ form, faults, path, label, example, hint, isNumber = false }: TextGiven) {
  return (
    <Field label={label} fault={faultAt(faults, path)} hint={hint}>
      {(props) => (
        <input
          {...props}
          inputMode={isNumber ? "numeric" : undefined}
          spellCheck={false}
          autoComplete="off"
          placeholder={example}
          value={amountAt(form.request, path)}
          onChange={(event) => form.set(path, isNumber ? numberOrText(event.target.value) : event.target.value)}
        />
      )}
    </Field>
  );
}
