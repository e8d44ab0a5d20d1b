import { useId, useState } from "react";
import { laneShapes, lanesOf, setLane, type LaneShape } from "../values/lanes";

const complete = /^0x[0-9a-fA-F]{32}$/;

interface VectorLanesProps {
  label: string;
  hex: string;
  onHex: (hex: string) => void;
}

/** Reads and writes a v128 field lane by lane. */
export function VectorLanes({ label, hex, onHex }: VectorLanesProps) {
  const [shape, setShape] = useState<LaneShape>("f32x4");
  // What is being typed and does not make a value yet, by lane.
  const [drafts, setDrafts] = useState<Record<number, { text: string; error: string | null }>>({});
  const selectId = useId();
  const whole = complete.test(hex.trim()) ? hex.trim() : `0x${"0".repeat(32)}`;
  const lanes = lanesOf(whole, shape);
  const type = (lane: number, text: string) => {
    const changed = setLane(whole, shape, lane, text);
    if (changed.ok) onHex(changed.hex);
    setDrafts((old) => ({ ...old, [lane]: { text, error: changed.ok ? null : changed.error } }));
  };
  const settle = (lane: number) =>
    setDrafts((old) => Object.fromEntries(Object.entries(old).filter(([key]) => Number(key) !== lane)));
  const wrong = Object.entries(drafts).find(([, draft]) => draft.error !== null);
  return (
    <details className="lanes">
      <summary>Edit as lanes</summary>
      <label htmlFor={selectId} className="lanes-shape">
        Lanes
        <select
          id={selectId}
          className="input"
          value={shape}
          onChange={(event) => {
            setShape(event.target.value as LaneShape);
            setDrafts({});
          }}
        >
          {laneShapes.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <div className={`lane-grid ${shape}`}>
        {lanes.map((value, lane) => (
          <input
            key={`${shape}${lane}`}
            className="input mono"
            aria-label={`${label}, lane ${lane} of ${shape}`}
            aria-invalid={drafts[lane]?.error ? true : false}
            value={drafts[lane]?.text ?? value}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => type(lane, event.target.value)}
            onBlur={() => settle(lane)}
          />
        ))}
      </div>
      {wrong && (
        <p className="hint error" aria-live="polite">
          lane {wrong[0]}: {wrong[1].error}
        </p>
      )}
    </details>
  );
}
