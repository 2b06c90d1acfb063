// What the page shows to be typed or copied: Python, line by line. A test runs each as it stands.

export const SNIPPETS = {
  firstRun: `import xtrack

run = xtrack.init(experiment="first", params={"lr": 3e-4})
run.log(loss=0.5, step=1)`,
  experiment: 'xtrack.init(experiment="first")',
  log: 'run.log(loss=loss, step=step)',
  params: 'run.log_params({"lr": 0.1})',
  checkpoint: 'run.log_checkpoint("model.pt", step=step)',
  line: 'run.log("epoch done")',
  artifact: 'run.log_artifact("model.pt")',
  image: 'run.log_image("samples", image, step=step)',
  show: 'xtrack.show()',
} as const;
