interface SparklineProps {
  /** Oldest first. */
  values: number[];
  label: string;
}

const width = 90;
const height = 18;
const bars = 30;

/** Calls over the last hour as thin bars; two minutes a bar. */
export function Sparkline({ values, label }: SparklineProps) {
  const each = Math.max(1, Math.ceil(values.length / bars));
  const sums = Array.from({ length: Math.ceil(values.length / each) }, (_, i) =>
    values.slice(i * each, (i + 1) * each).reduce((sum, value) => sum + value, 0),
  );
  const most = Math.max(1, ...sums);
  const step = width / bars;
  return (
    <svg
      className="sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      {sums.map((sum, i) => {
        const tall = sum === 0 ? 1 : Math.max(2, Math.round((sum / most) * height));
        const kind = sum === 0 ? "sparkline-none" : "sparkline-bar";
        return (
          <rect key={i} className={kind} x={i * step} y={height - tall} width={step - 1} height={tall} />
        );
      })}
    </svg>
  );
}
