"""System metrics: what is read from where, and a sampler that training never notices."""

import os
import shutil
import subprocess
import sys
import threading
import time
import unittest

from xtrack import Tracker, XTrackError
from xtrack._system import gpu as _gpu
from xtrack._system.gpu import NvidiaSmi, Nvml, parse_smi
from xtrack._system.host import Cpu, Disks, Memory, Network, Volume, cpu_ticks, disk_bytes, memory_bytes, net_bytes
from xtrack._system.process import Family, Own, Stat, descendants, parse_stat, ticks_used
from xtrack._system.sampler import Sampler

from .case import FolderCase

LINUX = os.path.exists("/proc/self/stat")
PATIENCE = 120  # seconds

STAT = "cpu  521839 25180 96649 3271035 13720 0 2077 298 700 9\ncpu0 233641 11261 41532 1675739 3334 0 568 150 0 0\n"
MEMINFO = "MemTotal:  24684092 kB\nMemFree:  20000000 kB\nMemAvailable:  23969988 kB\nHugePages_Total:  0\n"
DISKSTATS = """   7       0 loop0 9 0 100 0 9 0 100 0 0 0 0 0 0 0 0 0
 259       0 nvme0n1 253707 30316 17459186 220734 1233571 304212 394687752 386612 0 224432 683947 0 0 0 0 0 0
 259       1 nvme0n1p1 253000 30000 17000000 220000 1233000 304000 394000000 386000 0 224000 683000 0 0 0 0 0 0
 253       0 dm-0 253707 0 17459186 220734 1233571 0 394687752 386612 0 224432 683947 0 0 0 0 0 0
   8       0 sda 10 0 14 5 20 0 48 6 0 7 8
"""
NET = """Inter-|   Receive                                      |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
    lo: 19951701197 1014900 0 0 0 0 0 0 19951701197 1014900 0 0 0 0 0 0
  eth0: 5670184256  120726 0 0 0 0 0 0  5799537   67511 0 0 0 0 0 0
enp3s0:7 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0
veth12: 1000 1 0 0 0 0 0 0 1000 1 0 0 0 0 0 0
"""
SMI = """0, 87, 70123, 81559, 61, 512.34
1, 0, 4, 81559, 33, [N/A]
2, [Not Supported], [N/A], [N/A], 40, [Unknown Error]
garbage
"""


class Recorded(FolderCase):
    """Texts of Linux systems, as numbers."""

    def tree(self, files):
        for path, text in files.items():
            os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
            with open(self.path(path), "w", encoding="utf-8") as file:
                file.write(text)
        return self.folder

    def test_waiting_for_a_disk_is_not_busy_and_guests_do_not_count_twice(self):
        busy, total = cpu_ticks(STAT)
        self.assertEqual(busy, 521839 + 25180 + 96649 + 2077 + 298)
        self.assertEqual(total, busy + 3271035 + 13720)

    def test_the_cpu_is_as_busy_as_it_was_between_two_readings(self):
        cpu = Cpu(self.tree({"proc/stat": "cpu 100 0 0 100 0 0 0 0 0 0\n"}))
        self.tree({"proc/stat": "cpu 175 0 0 125 0 0 0 0 0 0\n"})
        self.assertEqual(cpu.read(), {"system/cpu_percent": 75.0})
        self.assertEqual(cpu.read(), {})  # no tick since: nothing to tell

    def test_memory_that_can_be_reclaimed_is_not_used(self):
        self.assertEqual(memory_bytes(MEMINFO), ((24684092 - 23969988) * 1024, 24684092 * 1024))

    def test_only_whole_real_disks_count(self):
        disks = ["loop0", "nvme0n1", "dm-0", "sda"]
        self.assertEqual(disk_bytes(DISKSTATS, disks), ((17459186 + 14) * 512, (394687752 + 48) * 512))

    def test_loopback_and_virtual_links_do_not_count(self):
        self.assertEqual(net_bytes(NET), (5799537 + 9, 5670184256 + 7))

    def test_a_device_that_is_gone_is_no_negative_traffic(self):
        network = Network(self.tree({"proc/net/dev": NET}))
        self.tree({"proc/net/dev": NET.replace("5670184256", "1")})
        self.assertEqual(network.read(), {"system/net_sent_bytes_per_s": 0.0, "system/net_received_bytes_per_s": 0.0})

    def test_a_container_s_memory_is_that_of_its_tightest_group(self):
        group = "sys/fs/cgroup/jobs"
        root = self.tree(
            {
                "proc/meminfo": MEMINFO,
                "proc/self/cgroup": "0::/jobs/one\n",
                f"{group}/one/memory.max": "max\n",
                f"{group}/memory.max": "1000000\n",
                f"{group}/memory.current": "750000\n",
                f"{group}/memory.stat": "anon 1\ninactive_file 250000\n",
            }
        )
        self.assertEqual(Memory(root).read(), {"system/memory_used_bytes": 500000.0, "system/memory_percent": 50.0})

    def test_older_control_groups_are_read_too_though_the_path_is_the_host_s(self):
        group = "sys/fs/cgroup/memory"
        root = self.tree(
            {
                "proc/meminfo": MEMINFO,
                "proc/self/cgroup": "5:cpu:/docker/abc\n4:memory:/docker/abc\n0::/\n",
                f"{group}/memory.limit_in_bytes": "2000\n",
                f"{group}/memory.usage_in_bytes": "1500\n",
                f"{group}/memory.stat": "total_inactive_file 500\n",
            }
        )
        self.assertEqual(Memory(root).read()["system/memory_percent"], 50.0)

    def test_without_a_limit_memory_is_the_machine_s(self):
        group = "sys/fs/cgroup/memory"
        files = {"proc/self/cgroup": "4:memory:/\n", f"{group}/memory.limit_in_bytes": "9223372036854771712\n"}
        root = self.tree({"proc/meminfo": MEMINFO, **files})
        self.assertEqual(Memory(root).read()["system/memory_used_bytes"], (24684092 - 23969988) * 1024)

    def test_a_program_may_have_any_name(self):
        text = "10548 (a) R 1 (b) S 10540 10540 6814 0 -1 4194304 100 0 0 0 7 5 30 3 20 0 4 0 1976387 3133440 412 18446"
        self.assertEqual(parse_stat(text), Stat(10548, 10540, 12, 33, 4, 1976387, 412))

    def test_a_family_is_everyone_below_and_nobody_else(self):
        pids = {1: 0, 10: 1, 11: 10, 12: 11, 20: 1}
        table = {pid: Stat(pid, parent, 0, 0, 1, 0, 0) for pid, parent in pids.items()}
        self.assertEqual([one.pid for one in descendants(10, table)], [10, 11, 12])

    def test_who_came_and_went_between_two_looks_is_in_what_its_parent_reaped(self):
        parent, child = Stat(10, 1, 50, 0, 1, 5, 0), Stat(11, 10, 30, 0, 1, 6, 0)
        later = parent._replace(ticks=55, reaped=42)
        self.assertEqual(ticks_used([parent, child], [later]), 5 + 42 - 30)
        # Nobody waited for the child, or its pid is another process now: no negative time, and none counted twice.
        self.assertEqual(ticks_used([parent, child], [parent._replace(ticks=55)]), 5)
        self.assertEqual(ticks_used([child], [child._replace(started=9, ticks=4)]), 4)

    def test_on_a_machine_with_thousands_of_processes_the_kernel_s_own_lists_are_used(self):
        fields = "0 0 0 0 0 0 0 0 0 1 1 0 0 20 0 1 0 77 0 2 0"
        files = {f"proc/{pid}/stat": f"{pid} (x) S 1 {fields}" for pid in range(1000, 1600)}
        files["proc/1000/stat"] = f"1000 (root) S 1 {fields}"
        files["proc/1001/stat"] = f"1001 (child) S 1000 {fields}"
        files["proc/1000/task/1000/children"] = ""
        files["proc/1000/task/1007/children"] = "1001 1002 9999"
        family = Family(1000, self.tree(files))
        self.assertEqual(family.read()["system/process_threads"], 2.0)  # 1002 has another parent by now

    def test_the_table_of_nvidia_smi(self):
        found = parse_smi(SMI)
        self.assertEqual(found["system/gpu.0.utilization_percent"], 87.0)
        self.assertEqual(found["system/gpu.0.memory_used_bytes"], 70123.0 * 1024 * 1024)
        self.assertAlmostEqual(found["system/gpu.0.memory_percent"], 100 * 70123 / 81559)
        self.assertEqual(found["system/gpu.0.power_watts"], 512.34)
        self.assertEqual(found["system/gpu.1.temperature_celsius"], 33.0)
        self.assertNotIn("system/gpu.1.power_watts", found)
        self.assertEqual([key for key in found if "gpu.2" in key], ["system/gpu.2.temperature_celsius"])


class ThisMachine(FolderCase):
    @unittest.skipUnless(LINUX, "no /proc")
    def test_every_reader_tells_something_likely(self):
        for reader in (Cpu(), Memory(), Volume()):
            for key, value in reader.read().items():
                self.assertGreaterEqual(value, 0, key)
                if key.endswith("_percent"):
                    self.assertLessEqual(value, 100, key)

    @unittest.skipUnless(os.path.isdir("/sys/block"), "no /sys/block")
    def test_disks_and_links(self):
        self.assertGreaterEqual(min([*Disks().read().values(), *Network().read().values()]), 0)

    @unittest.skipUnless(LINUX, "no /proc")
    def test_a_child_that_burns_cpu_and_holds_memory_counts(self):
        family = Family(os.getpid())
        before = family.read()
        script = "data = bytearray(64 << 20)\nprint(flush=True)\nwhile True: pass"
        child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        try:
            child.stdout.read(1)
            deadline = time.monotonic() + PATIENCE
            grown, burnt = {}, 0.0
            while burnt < 20 and time.monotonic() < deadline:
                time.sleep(0.2)  # so that a tick is not the whole of it
                grown = family.read()
                burnt = grown["system/process_cpu_percent"]
        finally:
            child.kill()
            child.communicate()
        self.assertGreater(burnt, 20)
        memory = "system/process_memory_bytes"
        self.assertGreater(grown[memory] - before[memory], 64 << 20)
        self.assertLess(family.read()[memory], grown[memory])

    def test_without_proc_the_own_time_is_told(self):
        own = Own()
        deadline = time.process_time() + 0.2
        while time.process_time() < deadline:
            pass
        self.assertGreater(own.read()["system/process_cpu_percent"], 0)


class StandIns(FolderCase):
    """A GPU driver that is a few lines of script, or of C."""

    def smi(self, script):
        path = self.path("bin", "nvidia-smi")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{script}\n")
        os.chmod(path, 0o755)
        before = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", before)
        os.environ["PATH"] = f"{os.path.dirname(path)}{os.pathsep}{before}"

    def test_nvidia_smi_is_asked_for_what_is_read(self):
        self.smi(f"echo \"$@\" > {self.path('asked')}; echo '0, 50, 1024, 4096, 40, 100.5'")
        self.assertEqual(NvidiaSmi().read()["system/gpu.0.memory_percent"], 25.0)
        with open(self.path("asked"), encoding="utf-8") as file:
            columns = "index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw"
            self.assertEqual(file.read(), f"--query-gpu={columns} --format=csv,noheader,nounits\n")

    def test_an_nvidia_smi_that_hangs_is_given_up(self):
        self.smi("exec sleep 600")
        self.addCleanup(setattr, _gpu, "SMI_TIMEOUT", _gpu.SMI_TIMEOUT)
        _gpu.SMI_TIMEOUT = 0.2
        with self.assertRaises(subprocess.TimeoutExpired):
            NvidiaSmi().read()

    def library(self):
        path = self.path("libnvidia-ml.so.1")
        source = """
        typedef unsigned u;
        static int second(void *gpu) { return gpu == (void *)0x700000000001UL; }
        int nvmlInit_v2(void) { return 0; }
        int nvmlDeviceGetCount_v2(u *count) { *count = 3; return 0; }
        int nvmlDeviceGetHandleByIndex_v2(u index, void **gpu) {
            *gpu = (void *)(0x700000000000UL + index);
            return index == 2 ? 15 : 0;
        }
        int nvmlDeviceGetUtilizationRates(void *gpu, u *rates) {
            rates[0] = second(gpu) ? 0 : 91;
            rates[1] = 40;
            return 0;
        }
        int nvmlDeviceGetMemoryInfo(void *gpu, unsigned long long *memory) {
            memory[0] = 80ULL << 30;
            memory[1] = 60ULL << 30;
            memory[2] = 20ULL << 30;
            return 0;
        }
        int nvmlDeviceGetTemperature(void *gpu, u sensor, u *celsius) { *celsius = 60 + sensor; return 0; }
        int nvmlDeviceGetPowerUsage(void *gpu, u *milliwatts) { *milliwatts = 350500; return second(gpu) ? 3 : 0; }
        """
        with open(self.path("nvml.c"), "w", encoding="utf-8") as file:
            file.write(source)
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", path, self.path("nvml.c")], check=True)
        return path

    @unittest.skipUnless(shutil.which("gcc"), "no gcc")
    def test_nvml_tells_each_gpu_and_leaves_out_what_it_does_not_know(self):
        found = Nvml(self.library()).read()
        self.assertEqual(
            {key: value for key, value in found.items() if "gpu.0" in key},
            {
                "system/gpu.0.utilization_percent": 91.0,
                "system/gpu.0.memory_used_bytes": float(20 << 30),
                "system/gpu.0.memory_percent": 25.0,
                "system/gpu.0.temperature_celsius": 60.0,
                "system/gpu.0.power_watts": 350.5,
            },
        )
        self.assertEqual(found["system/gpu.1.utilization_percent"], 0.0)
        self.assertNotIn("system/gpu.1.power_watts", found)
        self.assertEqual([key for key in found if "gpu.2" in key], [])

    @unittest.skipUnless(shutil.which("gcc"), "no gcc")
    def test_nvml_is_found_by_its_name_and_preferred(self):
        self.smi("echo '0, 1, 1, 1, 1, 1'")
        script = "from xtrack._system.gpu import open_gpus; print(open_gpus().read()['system/gpu.0.power_watts'])"
        folder = os.path.dirname(self.library())
        self.assertEqual(self.script(script, LD_LIBRARY_PATH=folder)[1], "350.5\n")

    def test_a_reader_that_keeps_failing_is_given_up_after_one_line(self):
        self.smi(f"echo >> {self.path('calls')}; exit 9")
        script = """
        import threading
        from xtrack._system.sampler import Sampler
        enough = threading.Event()
        seen = []
        sampler = Sampler(lambda values: (seen.append(values), len(seen) == 8 and enough.set()), 0.05)
        sampler.start()
        assert enough.wait(30)
        sampler.stop()
        assert all(any("gpu" not in key for key in values) for values in seen)
        """
        code, _, err = self.script(script)
        self.assertEqual(code, 0, err)
        self.assertEqual(err.count("system metrics: gpu failed"), 1, err)
        with open(self.path("calls"), encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 3)


class Sampling(FolderCase):
    def test_batches_go_to_the_run_without_a_step(self):
        collector = self.collector()
        tracker = Tracker(socket=collector.path, transport="unix", data=self.folder, flush_timeout=60)
        run = tracker.start_run(run_id="r1")
        sampler = Sampler(run.log_metrics, 0.05)
        sampler.start()
        deadline = time.monotonic() + PATIENCE
        while collector.kinds("r1").count("metric_batch") < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        sampler.stop()
        run.end()
        batches = [each["p"] for each in collector.of("r1") if each["t"] == "metric_batch"]
        self.assertGreaterEqual(len(batches), 2)
        for batch in batches:
            self.assertNotIn("step", batch)
            self.assertIn("system/process_cpu_percent", batch["metrics"])
            self.assertTrue(all(key.startswith("system/") for key in batch["metrics"]))

    def test_after_stop_there_is_no_thread_and_so_nothing_more_is_logged(self):
        first = threading.Event()
        sampler = Sampler(lambda values: first.set(), 0.05)
        sampler.stop()
        sampler.start()  # stopped before it began: it never does
        self.assertNotIn("xtrack-system", [thread.name for thread in threading.enumerate()])
        sampler = Sampler(lambda values: first.set(), 0.05)
        sampler.start()
        self.assertTrue(first.wait(PATIENCE))
        sampler.stop()
        sampler.stop()
        self.assertNotIn("xtrack-system", [thread.name for thread in threading.enumerate()])

    def test_a_log_call_that_raises_ends_the_sampling_with_one_line(self):
        script = """
        import threading, time
        from xtrack._system.sampler import Sampler
        def log(values):
            raise RuntimeError("no more")
        sampler = Sampler(log, 0.05)
        sampler.start()
        deadline = time.monotonic() + 120
        while sampler._thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not sampler._thread.is_alive()
        sampler.stop()
        """
        code, _, err = self.script(script)
        self.assertEqual((code, err), (0, "xtrack: system metrics are off: RuntimeError('no more')\n"))

    def test_a_forked_child_has_no_sampler_and_may_stop_it_at_once(self):
        script = """
        import os, sys, threading
        from xtrack._system.sampler import Sampler
        pids = []
        first = threading.Event()
        sampler = Sampler(lambda values: (pids.append(os.getpid()), first.set()), 0.05)
        sampler.start()
        assert first.wait(30)
        for _ in range(20):  # at any moment of a sample
            child = os.fork()
            if child == 0:
                sampler.stop()
                names = [thread.name for thread in threading.enumerate()]
                os._exit(0 if "xtrack-system" not in names and os.getpid() not in pids else 1)
            assert os.waitpid(child, 0)[1] == 0
        first.clear()
        assert first.wait(30), "the parent goes on"
        sampler.stop()
        """
        code, _, err = self.script(script)
        self.assertEqual(code, 0, err)

    def test_seconds_must_be_a_positive_number(self):
        for seconds in (0, -1, float("nan")):
            with self.assertRaises(XTrackError):
                Sampler(print, seconds)
