import { describe, expect, it } from 'vitest';
import { betterOf } from './direction.js';

const LESS = `
  acc_loss accuracy_loss recall_loss reward_loss return_loss map_loss train/ap_loss accuracy_gap return_cost success_time
  loss val_loss valLoss val/loss train.loss Loss BCELoss loss/train loss1 objectness_loss logloss mlogloss multi_logloss binary_logloss log_loss
  merror error binary_error multi_error error@0.7 error_rate top5_err test_error max_error td_error
  mse rmse rmsle MSE valMSE mean_squared_error mean_absolute_percentage_error mae mape smape mphe huber hinge squared_hinge
  cross_entropy crossentropy categorical_crossentropy binary_crossentropy bce val_ce xent cross_entropy_lambda kullback_leibler kl_divergence
  perplexity ppl nll neg_log_likelihood negative_log_likelihood poisson-nloglik gamma-nloglik gamma-deviance tweedie-nloglik@1.5 cox-nloglik
  l1 l2 valid/l1 poisson gamma tweedie quantile brier brier_score ece eer wer cer fpr false_positive_rate
  fid fvd kid lpips chamfer_distance hd95 epe ade fde bpb bits_per_byte regret cost
  eval_runtime latency latency_p99 time duration epoch_time time_per_step step_time ttft seconds_per_epoch time_to_first_token
  collisions generalization_gap hallucination_rate abs_rel
`;
const MORE = `
  energy_efficiency loss_reduction success_rate
  accuracy val_acc acc top1 f1 f1_macro auc aucpr auc_mu average_precision map map50 ndcg@10 mrr bleu rougeL iou dice miou psnr ssim r2 explained_variance
  reward episode_return success_rate win_rate score validity throughput samples_per_second tokens_per_sec it/s train_steps_per_second
  perplexity_improvement loss_improvement error_reduction speedup time_speedup log_likelihood elbo
  neg_mean_squared_error neg_log_loss neg_brier_score test_neg_root_mean_squared_error inception_score timesteps total_timesteps
  interval-regression-accuracy steps lossless_ratio
`;

const listed = (text: string): string[] => text.trim().split(/\s+/);

describe('which end of a metric is better', () => {
  it.each(listed(LESS))('%s: less', (key) => expect(betterOf(key)).toBe('min'));
  it.each(listed(MORE))('%s: more', (key) => expect(betterOf(key)).toBe('max'));
});
