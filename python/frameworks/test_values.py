"""Scalars and configs of the real libraries, as they arrive at the collector."""

import dataclasses
import enum
import os
import unittest

import xtrack

from .case import FrameworkCase, needs


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass(frozen=True)
class Optimizer:
    name: str = "sgd"
    colour: Colour = Colour.RED


class ValuesCase(FrameworkCase):
    def scalars(self, values):
        """What each of `values` becomes when it is logged as a metric."""
        with xtrack.Tracker(strict=True).start_run() as run:
            for step, value in enumerate(values):
                run.log_metric("value", value, step=step)
        found = dict(self.metrics("value"))
        return [found[step] for step in range(len(values))]

    def settings(self, params):
        """What `params` become, all in one call."""
        with xtrack.Tracker(strict=True).start_run(params=params):
            pass
        return self.params()

    def refused(self, value):
        with xtrack.Tracker(strict=True).start_run() as run, self.assertRaises(xtrack.XTrackError):
            run.log_metric("value", value)


class Numpy(ValuesCase):
    def test_scalars(self):
        np = needs("numpy")
        values = [np.float32(0.5), np.float16(0.25), np.longdouble(1.5), np.int8(-3), np.bool_(True)]
        values += [np.array([2.5]), np.array(7), np.float64("nan"), np.uint64(2**63)]
        found = self.scalars(values)
        self.assertEqual(found[:7] + found[8:], [0.5, 0.25, 1.5, -3, 1, 2.5, 7, 2.0**63])
        self.assertNotEqual(found[7], found[7])

    def test_what_is_no_real_number(self):
        np = needs("numpy")
        for value in (np.array([1, 2]), np.complex64(1), np.datetime64("2026-01-01"), np.array([])):
            with self.subTest(value=repr(value)):
                self.refused(value)

    def test_settings(self):
        np = needs("numpy")
        params = {
            "dtype": np.dtype("float32"),
            "kind": np.float32,
            "scalar": np.float32(0.5),
            "small": np.eye(2),
            "large": np.zeros((50, 50)),
            np.int64(3): np.bool_(True),
        }
        expected = {
            "dtype": "float32",
            "kind": "numpy.float32",
            "scalar": 0.5,
            "small": [[1.0, 0.0], [0.0, 1.0]],
            "large": "ndarray(shape=(50, 50), dtype=float64)",
            "3": True,
        }
        self.assertEqual(self.settings(params), expected)


class Torch(ValuesCase):
    def test_scalars(self):
        torch = needs("torch")
        values = [torch.tensor(0.5), torch.tensor([2]), torch.tensor(True), torch.tensor(1.5, dtype=torch.bfloat16)]
        values += [torch.nn.Parameter(torch.tensor(2.5)), torch.tensor(3.0, requires_grad=True) * 2]
        self.assertEqual(self.scalars(values), [0.5, 2, 1, 1.5, 2.5, 6.0])

    def test_what_has_no_value(self):
        torch = needs("torch")
        for value in (torch.empty((), device="meta"), torch.tensor([1.0, 2.0])):
            with self.subTest(shape=value.shape):
                self.refused(value)

    def test_settings(self):
        torch = needs("torch")
        params = {"dtype": torch.float32, "device": torch.device("cuda:0"), "size": torch.Size([1, 2])}
        params.update(optimizer=torch.optim.SGD, layer=torch.nn.ReLU(), weights=torch.zeros(2), big=torch.zeros(2000))
        expected = {"dtype": "torch.float32", "device": "cuda:0", "size": [1, 2], "layer": "ReLU()"}
        expected.update(optimizer="torch.optim.sgd.SGD", weights=[0.0, 0.0])
        expected.update(big="Tensor(shape=(2000,), dtype=torch.float32)")
        self.assertEqual(self.settings(params), expected)

    def test_a_gpu_is_never_waited_for(self):
        torch = needs("torch")
        if not torch.cuda.is_available():
            self.skipTest("no CUDA device")
        with xtrack.Tracker(strict=True).start_run() as run:
            total = torch.zeros((), device="cuda")
            torch.cuda.set_sync_debug_mode("error")
            try:
                for step in range(100):
                    total += 1
                    run.log_metric("total", total, step=step)
                    run.log_metrics({"half": total / 2}, step=step)
            finally:
                torch.cuda.set_sync_debug_mode("default")
        self.assertEqual(self.metrics("total"), [(step, step + 1.0) for step in range(100)])
        self.assertEqual(self.metrics("half"), [(step, (step + 1) / 2) for step in range(100)])


class Jax(ValuesCase):
    def setUp(self):
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        super().setUp()

    def test_scalars(self):
        jnp = needs("jax.numpy")
        self.assertEqual(
            self.scalars([jnp.float32(0.5), jnp.array([2]), jnp.array(True), jnp.bfloat16(1.5)]), [0.5, 2, 1, 1.5]
        )

    def test_results_that_are_still_being_computed_arrive_with_their_steps(self):
        jax, jnp = needs("jax", "jax.numpy")

        @jax.jit
        def slow(seed):
            return (jnp.ones((400, 400)) @ jnp.ones((400, 400)) * seed)[0, 0]

        slow(0.0).block_until_ready()
        self.assertEqual(self.scalars([slow(float(step)) for step in range(20)]), [400.0 * step for step in range(20)])

    def test_a_value_inside_a_traced_function_is_refused(self):
        jax = needs("jax")

        @jax.jit
        def traced(value):
            self.refused(value)
            return value

        traced(1.0)

    def test_settings(self):
        jnp = needs("jax.numpy")
        params = {"dtype": jnp.dtype("float32"), "small": jnp.arange(2), "large": jnp.zeros(2000)}
        expected = {"dtype": "float32", "small": [0, 1], "large": "ArrayImpl(shape=(2000,), dtype=float32)"}
        self.assertEqual(self.settings(params), expected)


class TensorFlow(ValuesCase):
    def setUp(self):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        super().setUp()

    def test_scalars(self):
        tf = needs("tensorflow")
        values = [
            tf.constant(0.5),
            tf.constant([2.0]),
            tf.Variable(3),
            tf.constant(1.5, dtype=tf.bfloat16),
            tf.constant(True),
        ]
        self.assertEqual(self.scalars(values), [0.5, 2, 3, 1.5, 1])

    def test_settings(self):
        tf = needs("tensorflow")
        params = {
            "dtype": tf.float32,
            "scalar": tf.constant(0.5),
            "small": tf.Variable([1, 2]),
            "large": tf.zeros(2000),
        }
        expected = {"dtype": "float32", "scalar": 0.5, "small": [1, 2]}
        expected.update(large="EagerTensor(shape=(2000,), dtype=float32)")
        self.assertEqual(self.settings(params), expected)


class Configs(ValuesCase):
    def test_omegaconf_resolved_and_what_is_missing_marked(self):
        conf = needs("omegaconf").OmegaConf
        config = conf.create({"opt": {"lr": 0.1, "twice": "${opt.lr}"}, "data": "???", "bad": "${nowhere}"})
        config.layers = [1, "${opt.lr}", "???"]
        expected = {"opt.lr": 0.1, "opt.twice": 0.1, "data": "???", "bad": "<InterpolationKeyError>"}
        self.assertEqual(self.settings(config), {**expected, "layers": [1, 0.1, "???"]})

    def test_omegaconf_from_a_dataclass(self):
        conf = needs("omegaconf").OmegaConf
        self.assertEqual(self.settings({"opt": conf.structured(Optimizer)}), {"opt.name": "sgd", "opt.colour": "red"})

    def test_pydantic_2(self):
        pydantic = needs("pydantic")
        if not hasattr(pydantic, "field_serializer"):
            self.skipTest("pydantic is older than 2")

        class Config(pydantic.BaseModel):
            model_config = pydantic.ConfigDict(extra="allow")
            lr: float = 0.1
            key: pydantic.SecretStr = pydantic.SecretStr("hidden")
            left_out: int = pydantic.Field(1, exclude=True)
            optimizer: Optimizer = Optimizer()

            @pydantic.field_serializer("lr")
            def broken(self, value):
                raise RuntimeError("a serializer was called")

        found = self.settings(Config(more=[1]))
        self.assertEqual(
            found,
            {
                "lr": 0.1,
                "key": "SecretStr('**********')",
                "optimizer.name": "sgd",
                "optimizer.colour": "red",
                "more": [1],
            },
        )

    def test_pydantic_1(self):
        pydantic = needs("pydantic")
        if hasattr(pydantic, "field_serializer"):
            pydantic = needs("pydantic.v1")

        class Inner(pydantic.BaseModel):
            depth = 2

        class Config(pydantic.BaseModel):
            lr: float = 0.1
            left_out: int = pydantic.Field(1, exclude=True)
            inner: Inner = Inner()

        Config.update_forward_refs(Inner=Inner)
        self.assertEqual(self.settings(Config()), {"lr": 0.1, "inner.depth": 2})

    def test_attrs(self):
        attrs = needs("attrs")

        @attrs.define
        class Config:
            lr: float = 0.1
            optimizer: Optimizer = Optimizer()

        self.assertEqual(self.settings(Config()), {"lr": 0.1, "optimizer.name": "sgd", "optimizer.colour": "red"})

    def test_pandas(self):
        pd = needs("pandas")
        params = {"when": pd.Timestamp("2026-01-02"), "series": pd.Series([1, 2]), "frame": pd.DataFrame({"a": [1]})}
        expected = {"when": "2026-01-02T00:00:00", "series": [1, 2], "frame": "   a\n0  1"}
        self.assertEqual(self.settings(params), expected)


if __name__ == "__main__":
    unittest.main()
