"""adjust_lr against every scheduler of torch: from the change on, the whole curve is scaled by the same ratio."""

import unittest
import warnings

from .case import needs

torch = None  # set by setUpModule
STEPS = 24


def setUpModule():
    global torch
    torch = needs("torch")


def optimizer_of(*rates):
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, lr=rates[0], momentum=0.9)


def curve(make, change_after=None, ratio=1.0):
    """The rates of two groups at each step; scaled by `ratio` after a step where given."""
    from xtrack.integrations._rates import Rates

    optimizer = optimizer_of(0.1, 0.01)
    scheduler = make(optimizer)
    found = []
    for step in range(STEPS):
        found.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            scheduler.step(1.0)
        else:
            scheduler.step()
        if step == change_after:
            rates = Rates([optimizer], [scheduler])
            rates.apply(rates.read() * ratio)
    return found


class Schedules(unittest.TestCase):
    def setUp(self):
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.simplefilter("ignore")  # SequentialLR warns of its own use of step(epoch) in some versions

    def test_every_scheduler_goes_on_from_the_change(self):
        lr = torch.optim.lr_scheduler
        schedulers = {
            "LambdaLR": lambda o: lr.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
            "MultiplicativeLR": lambda o: lr.MultiplicativeLR(o, lambda epoch: 0.9),
            "StepLR": lambda o: lr.StepLR(o, 5),
            "MultiStepLR": lambda o: lr.MultiStepLR(o, [3, 9]),
            "ConstantLR": lambda o: lr.ConstantLR(o, 0.3, 12),
            "LinearLR": lambda o: lr.LinearLR(o, 0.3, 1, 12),
            "ExponentialLR": lambda o: lr.ExponentialLR(o, 0.9),
            "PolynomialLR": lambda o: lr.PolynomialLR(o, 30, 2.0),
            "CosineAnnealingLR": lambda o: lr.CosineAnnealingLR(o, 9, eta_min=0.001),
            "CosineAnnealingWarmRestarts": lambda o: lr.CosineAnnealingWarmRestarts(o, 7, eta_min=0.001),
            "OneCycleLR": lambda o: lr.OneCycleLR(o, [0.5, 0.05], total_steps=STEPS + 1),
            "CyclicLR": lambda o: lr.CyclicLR(o, 0.01, 0.1, step_size_up=4),
            "ReduceLROnPlateau": lambda o: lr.ReduceLROnPlateau(o, patience=3),
            "SequentialLR": lambda o: lr.SequentialLR(o, [lr.LinearLR(o, 0.1, 1, 6), lr.CosineAnnealingLR(o, 8)], [6]),
            "ChainedScheduler": lambda o: lr.ChainedScheduler([lr.LinearLR(o, 0.1, 1, 6), lr.ExponentialLR(o, 0.95)]),
        }
        for name, make in schedulers.items():
            plain = curve(make)
            for after in (1, 5, 11):
                with self.subTest(name, after=after):
                    changed = curve(make, after, 0.3)
                    for step, (before, now) in enumerate(zip(plain, changed)):
                        ratio = 0.3 if step > after else 1.0
                        for was, rate in zip(before, now):
                            self.assertAlmostEqual(rate, was * ratio, delta=1e-12)


class Setting(unittest.TestCase):
    def setUp(self):
        from xtrack.integrations._rates import Rates

        self.rates = Rates

    def test_groups_keep_their_proportions_and_the_main_rate_is_exact(self):
        optimizer = optimizer_of(0.3, 0.03, 0.3)
        self.rates([optimizer]).apply(0.1)
        self.assertEqual([group["lr"] for group in optimizer.param_groups][::2], [0.1, 0.1])
        self.assertAlmostEqual(optimizer.param_groups[1]["lr"], 0.01)

    def test_a_rate_kept_in_a_tensor_changes_in_place(self):
        rate = torch.tensor(0.5)
        optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=rate, capturable=False, foreach=False)
        self.rates([optimizer]).apply(0.25)
        self.assertIs(optimizer.param_groups[0]["lr"], rate)
        self.assertEqual(rate.item(), 0.25)

    def test_without_a_schedule_zero_and_back_is_possible(self):
        optimizer = optimizer_of(0.1)
        rates = self.rates([optimizer])
        rates.apply(0.0)
        rates.apply(0.2)
        self.assertEqual(rates.read(), 0.2)

    def test_a_schedule_is_never_scaled_from_or_to_zero(self):
        from xtrack._steering.commands import Refused

        optimizer = optimizer_of(0.1)
        warming = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: step / 10)
        rates = self.rates([optimizer], [warming])
        with self.assertRaisesRegex(Refused, "the schedule is at 0 now"):
            rates.apply(0.1)
        optimizer.step()
        warming.step()
        with self.assertRaisesRegex(Refused, "never be scaled back"):
            rates.apply(0.0)
        rates.apply(0.02)
        warming.step()
        self.assertAlmostEqual(rates.read(), 0.04)

    def test_what_is_logged_is_named_by_group(self):
        optimizer = optimizer_of(0.1, 0.01)
        optimizer.param_groups[1]["name"] = "head"
        self.assertEqual(self.rates([optimizer]).named(), {"lr/0": 0.1, "lr/head": 0.01})
        self.assertEqual(self.rates([optimizer_of(0.1)]).named(), {"lr": 0.1})


if __name__ == "__main__":
    unittest.main()
