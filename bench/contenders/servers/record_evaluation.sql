-- Recording an evaluation, for the servers that call a function: the rows, checks and notice of
-- `domain.evaluation.commands.record` with its idempotency key, in one call and one transaction.
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;

-- The one row that no role may read; our process knows it by itself.
CREATE FUNCTION bench.today() RETURNS date LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT today FROM public.business_date
$$;
COMMENT ON FUNCTION bench.today IS E'@behavior -*';

CREATE FUNCTION bench.figure(code text, day date) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT value FROM parameter
    WHERE parameter.code = figure.code AND starts_on <= day AND (ends_on >= day OR ends_on IS NULL)
$$;
COMMENT ON FUNCTION bench.figure IS E'@behavior -*';

CREATE FUNCTION bench.rating(index numeric, cutoffs jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN index < (cutoffs ->> 'below')::numeric THEN 'DI_BAWAH'
        WHEN index >= (cutoffs ->> 'above')::numeric THEN 'DI_ATAS'
        ELSE 'SESUAI'
    END
$$;
COMMENT ON FUNCTION bench.rating IS E'@behavior -*';

CREATE FUNCTION bench.record_evaluation(
    client_key text, plan_id bigint, appraiser_id bigint, period text,
    results_index numeric, behaviour_index numeric, evidence text, evidence_source text
) RETURNS evaluation LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    asked CONSTANT text := encode(sha256(convert_to(json_build_array(
        record_evaluation.plan_id, record_evaluation.period, record_evaluation.results_index,
        record_evaluation.behaviour_index, record_evaluation.evidence, record_evaluation.evidence_source
    )::text, 'UTF8')), 'hex');
    appraiser CONSTANT text := 'supervisor:' || record_evaluation.appraiser_id;
    at CONSTANT timestamptz := clock_timestamp();
    today date;
    kind text;
    first_day date;
    last_day date;
    plan plan;
    about person;
    regulation text;
    matrix jsonb;
    weights jsonb;
    results text;
    behaviour text;
    score numeric;
    predikat text;
    earlier command_key;
    made evaluation;
    told bigint;
BEGIN
    IF record_evaluation.results_index NOT BETWEEN 0 AND 120
        OR record_evaluation.behaviour_index NOT BETWEEN 0 AND 120
        OR length(record_evaluation.evidence) NOT BETWEEN 3 AND 2000
        OR length(record_evaluation.evidence_source) NOT BETWEEN 1 AND 200
        OR length(client_key) NOT BETWEEN 1 AND 200 THEN
        RAISE EXCEPTION 'InvalidInput';
    END IF;
    INSERT INTO command_key (principal, mutation, client_key, asked_sha256, used_at)
    VALUES (appraiser, 'recordEvaluation', record_evaluation.client_key, asked, at)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT * INTO earlier FROM command_key
        WHERE principal = appraiser AND mutation = 'recordEvaluation'
            AND client_key = record_evaluation.client_key;
        IF earlier.asked_sha256 IS DISTINCT FROM asked OR earlier.result_id IS NULL THEN
            RAISE EXCEPTION 'KeyReused';
        END IF;
        SELECT * INTO made FROM evaluation WHERE id = earlier.result_id;
        RETURN made;
    END IF;

    today := bench.today();
    IF record_evaluation.period ~ '^20\d\d-(0[1-9]|1[0-2])$' THEN
        kind := 'BULANAN';
        first_day := (record_evaluation.period || '-01')::date;
        last_day := first_day + interval '1 month' - interval '1 day';
    ELSIF record_evaluation.period ~ '^20\d\d-Q[1-4]$' THEN
        kind := 'TRIWULAN';
        first_day := make_date(left(record_evaluation.period, 4)::int,
            3 * right(record_evaluation.period, 1)::int - 2, 1);
        last_day := first_day + interval '3 months' - interval '1 day';
    ELSIF record_evaluation.period ~ '^20\d\d$' THEN
        kind := 'TAHUNAN';
        first_day := make_date(record_evaluation.period::int, 1, 1);
        last_day := make_date(record_evaluation.period::int, 12, 31);
    ELSE
        RAISE EXCEPTION 'InvalidInput';
    END IF;

    SELECT p.* INTO plan FROM plan p JOIN appraiser_line l ON l.person_id = p.person_id
    WHERE p.id = record_evaluation.plan_id AND p.active
        AND l.appraiser_id = record_evaluation.appraiser_id
        AND l.starts_on <= today AND (l.ends_on >= today OR l.ends_on IS NULL);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'NotFound';
    END IF;
    IF first_day < plan.starts_on OR last_day > plan.ends_on THEN
        RAISE EXCEPTION 'InvalidInput';
    END IF;
    IF today NOT BETWEEN last_day AND last_day + (bench.figure('RECORDING_DAYS', today) #>> '{}')::int THEN
        RAISE EXCEPTION 'PeriodClosed';
    END IF;

    SELECT value, p.regulation INTO matrix, regulation FROM parameter p
    WHERE code = 'EVALUATION_MATRIX' AND starts_on <= last_day AND (ends_on >= last_day OR ends_on IS NULL);
    results := bench.rating(record_evaluation.results_index, bench.figure('RESULTS_CUTOFFS', last_day));
    behaviour := bench.rating(record_evaluation.behaviour_index, bench.figure('BEHAVIOUR_CUTOFFS', last_day));
    weights := bench.figure('SCORE_WEIGHTS', last_day);
    score := round(least(greatest(100 + (
        record_evaluation.results_index * (weights ->> 'results')::numeric
        + record_evaluation.behaviour_index * (weights ->> 'behaviour')::numeric - 100
    ) / (weights ->> 'stretch')::numeric, 0), 120), 2);
    predikat := matrix -> results ->> behaviour;

    SELECT * INTO about FROM person WHERE id = plan.person_id;
    INSERT INTO evaluation (
        plan_id, person_id, unit_path, appraiser_id, kind, starts_on, ends_on, results_index, behaviour_index, score,
        results_rating, behaviour_rating, predikat, predikat_rank, low, rule, version, current, evidence,
        evidence_source, evaluated_by, evaluated_on, recorded_on, recorded_at
    ) VALUES (
        plan.id, plan.person_id, about.unit_path, about.appraiser_id, kind, first_day, last_day,
        record_evaluation.results_index, record_evaluation.behaviour_index, score, results, behaviour, predikat,
        array_position(ARRAY['SANGAT_KURANG', 'KURANG', 'BUTUH_PERBAIKAN', 'BAIK', 'SANGAT_BAIK'], predikat),
        score < (bench.figure('LOW_SCORE', last_day) #>> '{}')::numeric OR results = 'DI_BAWAH',
        regulation || '/R-EVAL-0' || 3 * (array_position(ARRAY['DI_ATAS', 'SESUAI', 'DI_BAWAH'], results) - 1)
            + array_position(ARRAY['DI_ATAS', 'SESUAI', 'DI_BAWAH'], behaviour),
        1, true, record_evaluation.evidence, record_evaluation.evidence_source,
        record_evaluation.appraiser_id, today, today, at
    ) ON CONFLICT (plan_id, kind, starts_on) WHERE current DO NOTHING
    RETURNING * INTO made;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'AlreadyEvaluated';
    END IF;

    INSERT INTO audit_entry (
        at, principal, actor_id, action, subject, subject_id, person_id, unit_path, details, origin
    ) VALUES (at, appraiser, record_evaluation.appraiser_id, 'RECORD_EVALUATION', 'evaluation', made.id,
        plan.person_id, about.unit_path, '{}', '');
    INSERT INTO event (topic, subject_id, at) VALUES ('EVALUATION_RECORDED', made.id, at);
    PERFORM pg_notify('event', '');
    UPDATE command_key SET result_id = made.id
    WHERE principal = appraiser AND mutation = 'recordEvaluation' AND client_key = record_evaluation.client_key;
    RETURN made;
END
$$;
