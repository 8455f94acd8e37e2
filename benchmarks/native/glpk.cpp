// GLPK as a peer: dual simplex on a resident problem object, which keeps its basis and factorization between calls.
// benchmarks/optimizer/native-build.ts builds it.
#include <glpk.h>

#include "driver.hpp"

namespace {

constexpr double kInfinity = 1e300;

int bound_type(double lower, double upper) {
  if (lower == upper) return GLP_FX;
  if (lower > -kInfinity) return upper < kInfinity ? GLP_DB : GLP_LO;
  return upper < kInfinity ? GLP_UP : GLP_FR;
}

const char* status_name(int status) {
  switch (status) {
    case GLP_OPT: return "optimal";
    case GLP_NOFEAS: return "infeasible";
    case GLP_UNBND: return "unbounded";
    default: return "failed";
  }
}

class Glpk final : public Solver {
 public:
  Glpk() : problem_(glp_create_prob()) {
    glp_term_out(GLP_OFF);
    glp_init_smcp(&settings_);
    settings_.msg_lev = GLP_MSG_OFF;
    settings_.meth = GLP_DUAL;
  }
  ~Glpk() override { glp_delete_prob(problem_); }

  void prepare_warm() override {
    // The long-step ratio test: on these models as fast as Harris' on short solves and a third faster on long ones.
    settings_.r_test = GLP_RT_FLIP;
  }

  void build(const Problem& problem) override {
    rows_ = problem.rows;
    columns_ = problem.columns;
    if (rows_ > 0) glp_add_rows(problem_, rows_);
    if (columns_ > 0) glp_add_cols(problem_, columns_);
    for (int i = 0; i < rows_; i++) set_row(i, problem.row_lower[i], problem.row_upper[i]);
    std::vector<int> index;
    std::vector<double> value;
    for (int j = 0; j < columns_; j++) {
      set_column(j, problem.column_lower[j], problem.column_upper[j]);
      glp_set_obj_coef(problem_, j + 1, problem.cost[j]);
      // GLPK counts from 1, arrays included.
      index.assign(1, 0);
      value.assign(1, 0);
      for (int k = problem.column_start[j]; k < problem.column_start[j + 1]; k++) {
        index.push_back(problem.row_index[k] + 1);
        value.push_back(problem.value[k]);
      }
      glp_set_mat_col(problem_, j + 1, static_cast<int>(index.size()) - 1, index.data(), value.data());
    }
  }

  void apply(const Step& step) override {
    for (size_t k = 0; k < step.rows.size(); k++) set_row(step.rows[k], step.row_lower[k], step.row_upper[k]);
    for (size_t k = 0; k < step.columns.size(); k++)
      set_column(step.columns[k], step.column_lower[k], step.column_upper[k]);
    for (size_t k = 0; k < step.cost_columns.size(); k++)
      glp_set_obj_coef(problem_, step.cost_columns[k] + 1, step.costs[k]);
  }

  Answer solve_warm() override { return simplex(); }

  Answer solve_cold(bool presolve, double seconds) override {
    settings_.tm_lim = static_cast<int>(seconds * 1000);
    // As glpsol does it: scale, then start from an advanced basis unless the presolver makes its own.
    settings_.presolve = presolve ? GLP_ON : GLP_OFF;
    glp_scale_prob(problem_, GLP_SF_AUTO);
    if (!presolve) glp_adv_basis(problem_, 0);
    return simplex();
  }

  void read(double* primal, double* dual) override {
    for (int j = 0; j < columns_; j++) primal[j] = glp_get_col_prim(problem_, j + 1);
    for (int i = 0; i < rows_; i++) dual[i] = glp_get_row_dual(problem_, i + 1);
  }

  std::string version() const override { return std::string("GLPK ") + glp_version(); }

 private:
  void set_row(int i, double lower, double upper) {
    glp_set_row_bnds(problem_, i + 1, bound_type(lower, upper), lower, upper);
  }
  void set_column(int j, double lower, double upper) {
    glp_set_col_bnds(problem_, j + 1, bound_type(lower, upper), lower, upper);
  }

  Answer simplex() {
    const int before = glp_get_it_cnt(problem_);
    const int code = glp_simplex(problem_, &settings_);
    Answer answer;
    answer.objective = glp_get_obj_val(problem_);
    answer.pivots = glp_get_it_cnt(problem_) - before;
    // With the presolver on, an infeasible or unbounded problem is told by the code alone.
    if (code == GLP_ENOPFS) answer.status = "infeasible";
    else if (code == GLP_ENODFS) answer.status = "unbounded";
    else answer.status = code == 0 ? status_name(glp_get_status(problem_)) : "failed";
    return answer;
  }

  glp_prob* problem_;
  glp_smcp settings_;
  int rows_ = 0, columns_ = 0;
};

std::unique_ptr<Solver> make() { return std::make_unique<Glpk>(); }

}  // namespace

int main() { return Driver(make).run(); }
