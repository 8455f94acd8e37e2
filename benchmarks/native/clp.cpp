// Clp as a peer: its dual simplex through the C++ class, which alone can keep the factorization between calls.
// benchmarks/optimizer/native-build.ts builds it.
#include <ClpSimplex.hpp>
#include <ClpSolve.hpp>

#include "driver.hpp"

namespace {

// Bits of ClpSimplex::dual's second argument: keep work areas (1), use the old factorization if its rows agree (2), and
// skip the first checks as far as possible (4).
constexpr int kKeepAll = 7;
// What Clp's own interface for repeated use (OsiClp) sets, and "in fast dual" (16384): a quarter faster at 32 pools, same answers.
constexpr int kRepeatedUse = 64 | 128 | 512 | 1024 | 4096 | 16384 | 32768;
// Otherwise a step that changes costs may switch to the primal method: five times slower at 512 pools.
constexpr int kNeverPrimal = 8192;

const char* status_name(int status) {
  switch (status) {
    case 0: return "optimal";
    case 1: return "infeasible";
    case 2: return "unbounded";
    default: return "failed";
  }
}

class Clp final : public Solver {
 public:
  Clp() { model_.setLogLevel(0); }

  void prepare_warm() override {
    // All entries are +-1: scales are only work.
    model_.scaling(0);
    model_.setSpecialOptions(model_.specialOptions() | kRepeatedUse);
    model_.setMoreSpecialOptions(model_.moreSpecialOptions() | kNeverPrimal);
  }

  void build(const Problem& problem) override {
    // Infinite bounds are DBL_MAX or infinity to Clp alike.
    model_.loadProblem(problem.columns, problem.rows, problem.column_start.data(), problem.row_index.data(),
                       problem.value.data(), problem.column_lower.data(), problem.column_upper.data(),
                       problem.cost.data(), problem.row_lower.data(), problem.row_upper.data());
  }

  void apply(const Step& step) override {
    for (size_t k = 0; k < step.rows.size(); k++)
      model_.setRowBounds(step.rows[k], step.row_lower[k], step.row_upper[k]);
    for (size_t k = 0; k < step.columns.size(); k++)
      model_.setColumnBounds(step.columns[k], step.column_lower[k], step.column_upper[k]);
    for (size_t k = 0; k < step.cost_columns.size(); k++)
      model_.setObjectiveCoefficient(step.cost_columns[k], step.costs[k]);
  }

  Answer solve_warm() override {
    model_.dual(0, kKeepAll);
    return answer();
  }

  Answer solve_cold(bool presolve, double seconds) override {
    model_.setMaximumSeconds(seconds);
    ClpSolve settings;
    settings.setSolveType(ClpSolve::useDual);
    settings.setPresolveType(presolve ? ClpSolve::presolveOn : ClpSolve::presolveOff);
    model_.initialSolve(settings);
    return answer();
  }

  void read(double* primal, double* dual) override {
    std::memcpy(primal, model_.primalColumnSolution(), sizeof(double) * static_cast<size_t>(model_.numberColumns()));
    std::memcpy(dual, model_.dualRowSolution(), sizeof(double) * static_cast<size_t>(model_.numberRows()));
  }

  std::string version() const override { return std::string("Clp ") + CLP_VERSION; }

 private:
  Answer answer() {
    Answer answer;
    answer.objective = model_.objectiveValue();
    answer.pivots = model_.numberIterations();
    answer.status = status_name(model_.status());
    return answer;
  }

  ClpSimplex model_;
};

std::unique_ptr<Solver> make() { return std::make_unique<Clp>(); }

}  // namespace

int main() { return Driver(make).run(); }
