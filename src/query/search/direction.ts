// Whether less of a metric is better, as far as its name tells.

const LESS =
  /(?:^|[^a-z])(?:[a-z]*loss|errors?|err|perplexity|ppl|r?mse|mae|mape|wer|cer|nll|kl|fid|bp[bcd]|regret|latency|time|duration)(?:$|[^a-z])/;

/** `min` for losses, errors, perplexities, distances and times; else `max`. Reads the last parts of names such as `val/rougeL`. */
export function betterOf(key: string): 'min' | 'max' {
  // valLoss and val_loss alike
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return LESS.test(words) ? 'min' : 'max';
}
