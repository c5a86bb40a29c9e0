import { type ReactNode, useId } from "react";

export interface FieldProps {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

interface Given {
  label: string;
  hint?: ReactNode;
  /** What is wrong with what stands in it. */
  fault?: string;
  children: (props: FieldProps) => ReactNode;
}

/** A label, an input, what to know of it, and what is wrong with it. */
export function Field({ label, hint, fault = "", children }: Given) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", fault ? `${id}-fault` : ""].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": fault !== "", "aria-describedby": described || undefined })}
      {fault && (
        <p className="fault break" id={`${id}-fault`}>
          {fault}
        </p>
      )}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
