// Whether less of a metric is better, as far as its name tells: names as scikit-learn, XGBoost, LightGBM, Keras, torchmetrics and papers have them.

const set = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/** One of these in a name: less is better. */
const LESS = set(`
  loss logloss mlogloss losses err error errors merror perr miss misses
  mse rmse nrmse nmse msle rmsle mae nmae mape smape wape mase mphe pinball quantile huber hinge ls abs_rel sq_rel silog residual residuals
  perplexity ppl nll nloglik negloglik deviance crossentropy xentropy xent bce ce kl kld kldiv jsd divergence kullback
  brier ece mce ace eer wer cer ter mer der far frr fpr fnr fdr hter
  fid kid fvd fad lpips dists niqe brisque piqe chamfer hausdorff hd95 assd emd wasserstein mmd distance dist
  epe ate rpe ade fde rmsd bpb bpc bpd bpp bits regret gap cost costs penalty penalties energy
  latency delay lag ttft tpot runtime walltime time duration seconds elapsed overhead stall
  failure failures collision collisions violation violations toxicity hallucination hallucinations forgetting drift
`);
/** As the last word of a name, or all of it: LightGBM's and XGBoost's objectives. */
const LESS_AT_THE_END = set('l1 l2 poisson gamma tweedie fair cox aft entropy_lambda');
/** Words that belong together. */
const LESS_TOGETHER =
  /(?:^|_)(?:cross_entropy|log_loss|neg(?:ative)?_log_likelihood|neg_loglik|abs_rel|sq_rel|false_(?:positive|negative|alarm|discovery)s?|time_to|bits_per)(?:_|$)/;
/** One of these: more is better, unless the name ends with what is better when there is less of it: `error_reduction`, but `acc_loss`. */
const MORE = set(`
  improvement improvements gain gains speedup reduction accuracy acc precision recall f1 fscore auc auroc auprc ap map ndcg mrr bleu rouge
  reward rewards return returns success throughput tps fps skill efficiency
`);
const MORE_TOGETHER = /_per_(?:s|sec|secs|second|seconds|min|minute|hour|h|dollar|watt|step_second)(?:_|$)|(?:^|_)it_s(?:_|$)/;
/** Scorers of scikit-learn: a loss with its sign turned, so that more is better. */
const TURNED = /(?:^|_)neg_(?!log_likelihood|loglik)/;

/** `min` for losses, errors, perplexities, distances, times and what else is better when there is less of it; else `max`. */
export function betterOf(key: string): 'min' | 'max' {
  const name = words(key);
  if (TURNED.test(name) || MORE_TOGETHER.test(name)) return 'max';
  const all = name.split('_');
  // What a name ends with is what it is: `acc_loss` is a loss, `loss_reduction` a reduction.
  const last = all.at(-1) ?? '';
  if (isLess(last)) return 'min';
  if (all.some(isMore)) return 'max';
  return LESS_TOGETHER.test(name) || all.some(isLess) || LESS_AT_THE_END.has(last) ? 'min' : 'max';
}

function isMore(word: string): boolean {
  return MORE.has(word.replace(/\d+$/, ''));
}

/** `loss1` and `top5_err` are of their word; `hd95` is one of its own; `KLLoss` and `BCELoss` end with theirs. */
function isLess(word: string): boolean {
  return LESS.has(word) || LESS.has(word.replace(/\d+$/, '')) || /^[a-z]{1,12}loss$/.test(word) || /^[a-z]{1,4}logloss$/.test(word);
}

/** `valLoss`, `val-loss`, `val/loss` and `RMSELog` as words with one line between them. */
function words(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]{2,})([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}
