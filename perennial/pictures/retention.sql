-- name: joined
-- of all programs or of one, how many joined in each month
select joined, sum(members)::bigint from pictures_cohort
 where %(program)s::bigint is null or program_id = %(program)s
 group by 1 order by 1 desc limit %(months)s

-- name: reached
-- by the place of the event in a member's walk: how many got it, of how many it is still to come, of how many it is
-- the last that they bought
select joined, position, sum(got)::bigint, sum(ahead)::bigint, sum(ends)::bigint from pictures_step
 where joined >= %(since)s and (%(program)s::bigint is null or program_id = %(program)s)
 group by 1, 2 order by 1, 2
