import { useEffect, useId, useRef, useState } from "react";
import type { Invocation } from "../api/types";
import { formatClock, formatDuration } from "../values/format";

const height = 96;
const left = 56;
const right = 8;
const top = 8;
const bottom = 18;

interface Scale {
  x: (timeMs: number) => number;
  y: (us: number) => number;
  ticks: number[];
}

/** Each call as a dot: time across, duration up on a logarithmic scale; failures are crosses. */
export function LatencyPlot({ invocations }: { invocations: Invocation[] }) {
  const titleId = useId();
  const frame = useRef<SVGSVGElement>(null);
  const width = useWidth(frame, invocations.length >= 2);
  if (invocations.length < 2) return null;
  const times = invocations.map((one) => Date.parse(one.started));
  const durations = invocations.map((one) => Math.max(1, one.duration_us));
  const first = Math.min(...times);
  const last = Math.max(...times);
  const scale = scaleOf(first, last, durations, width);
  const sorted = [...durations].sort((a, b) => a - b);
  const p50 = sorted[Math.floor((sorted.length - 1) * 0.5)] ?? 1;
  const p99 = sorted[Math.floor((sorted.length - 1) * 0.99)] ?? 1;
  const errors = invocations.filter((one) => one.status === "error").length;
  const summary = `${invocations.length} calls, p50 ${formatDuration(p50)}, p99 ${formatDuration(p99)}, ${errors} failed`;
  return (
    <figure className="plot" aria-labelledby={titleId}>
      <figcaption id={titleId}>
        <span className="plot-key">
          p50 <b>{formatDuration(p50)}</b>
        </span>
        <span className="plot-key">
          p99 <b>{formatDuration(p99)}</b>
        </span>
        <span className={errors > 0 ? "plot-key error" : "plot-key"}>
          failed <b>{errors}</b> of {invocations.length}
        </span>
      </figcaption>
      <svg ref={frame} height={height} role="img" aria-label={`Durations over time: ${summary}`}>
        {scale.ticks.map((tick) => (
          <g key={tick}>
            <line className="plot-grid" x1={left} x2={width - right} y1={scale.y(tick)} y2={scale.y(tick)} />
            <text className="plot-text" x={left - 6} y={scale.y(tick) + 3.5} textAnchor="end">
              {formatDuration(tick)}
            </text>
          </g>
        ))}
        <line className="plot-p50" x1={left} x2={width - right} y1={scale.y(p50)} y2={scale.y(p50)} />
        <text className="plot-text" x={left} y={height - 4}>
          {formatClock(first)}
        </text>
        <text className="plot-text" x={width - right} y={height - 4} textAnchor="end">
          {formatClock(last)}
        </text>
        {invocations.map((one) => (
          <Mark key={one.id} one={one} scale={scale} />
        ))}
      </svg>
    </figure>
  );
}

function Mark({ one, scale }: { one: Invocation; scale: Scale }) {
  const x = scale.x(Date.parse(one.started));
  const y = scale.y(Math.max(1, one.duration_us));
  if (one.status === "ok") return <circle className="plot-ok" cx={x} cy={y} r="2.5" />;
  return <path className="plot-error" d={`M${x - 3} ${y - 3}l6 6M${x - 3} ${y + 3}l6-6`} />;
}

function scaleOf(first: number, last: number, durations: number[], width: number): Scale {
  const low = Math.floor(Math.log10(Math.min(...durations)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...durations))));
  const span = Math.max(1, last - first);
  const inner = width - left - right - 12;
  const every = Math.ceil((high - low) / 3);
  const ticks: number[] = [];
  for (let power = low; power <= high; power += every) ticks.push(10 ** power);
  return {
    x: (timeMs) => left + 6 + ((timeMs - first) / span) * inner,
    y: (us) => height - bottom - ((Math.log10(us) - low) / (high - low)) * (height - top - bottom),
    ticks,
  };
}

/** The width that the plot has on the page, in CSS pixels, so that its text keeps its size. */
function useWidth(element: React.RefObject<SVGSVGElement | null>, drawn: boolean): number {
  const [width, setWidth] = useState(800);
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(
      ([entry]) => entry && setWidth(Math.max(200, entry.contentRect.width)),
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, drawn]);
  return width;
}
